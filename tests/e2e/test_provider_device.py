# SPDX-License-Identifier: Apache-2.0
"""Devices without a browser, for which a User says yes on another one (RFC 8628)."""

import re

import pytest

from accounts import PASSWORD, all_at_once, store
from provider import (DEVICE, RIVAL_SECRET, Browser, claims_of, error_of, new_user, post_form, request_of, serve,
                      text, userinfo)
import tables

PLACE = "/oauth/activate"
EVIL = {"Sec_Fetch_Site": "cross-site", "Origin": "https://evil.example"}


@pytest.fixture(scope="module")
def idp(tmp_path_factory):
    with serve(tmp_path_factory.mktemp("device")) as server:
        yield server


def begin(server, **more):
    answer = post_form(server, "/oauth/device", {"client_id": "tv", "scope": "openid email offline_access", **more})
    assert answer.status == 200, answer.raw
    return answer.body


def poll(server, begun, client="tv", **more):
    return post_form(server, "/oauth/token", {"grant_type": DEVICE, "device_code": begun["device_code"],
                                              "client_id": client, **more})


def pass_time(server, seconds):
    """Since a device was begun or asked."""
    store(server, "UPDATE auth_devices SET polled_at = polled_at - ?1, expires_at = expires_at - ?1",
          seconds * 1_000_000)


def signed_in(server, name):
    new_user(server, name)
    browser = Browser(server)
    page = browser.send(browser.request("GET", PLACE), "login", PLACE, email=f"{name}@example.com", password=PASSWORD)
    assert page.status == 200 and 'name="user_code"' in text(page)
    return browser, page


def test_the_whole_way(idp):
    user = new_user(idp, "ann")
    begun = begin(idp)
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", begun["user_code"])
    assert begun["verification_uri"] == idp.issuer + PLACE and (begun["interval"], begun["expires_in"]) == (5, 600)
    assert error_of(poll(idp, begun)) == (400, "authorization_pending")
    assert error_of(poll(idp, begun)) == (400, "slow_down")
    browser = Browser(idp)
    page = browser.request("GET", begun["verification_uri_complete"][len(idp.issuer):])
    page = browser.send(page, "login", PLACE, email="ann@example.com", password=PASSWORD)
    assert f'value="{begun["user_code"]}"' in text(page)
    page = browser.send(page, "code", PLACE, user_code=begun["user_code"].lower().replace("-", " "))
    assert "The television" in text(page) and "your e-mail address" in text(page)
    assert "Connected" in text(browser.send(page, "allow", PLACE))
    answers = all_at_once([lambda: poll(idp, begun)] * 50)
    won = [one.body for one in answers if one.status == 200]
    assert len(won) == 1 and {one.body["error"] for one in answers if one.status != 200} == {"invalid_grant"}
    said = claims_of(won[0]["id_token"])
    assert (said["sub"], said["aud"], said["email"]) == (user["id"], "tv", "ann@example.com")
    assert userinfo(idp, won[0]["access_token"]).body["sub"] == user["id"]
    again = post_form(idp, "/oauth/token", {"grant_type": "refresh_token", "client_id": "tv",
                                            "refresh_token": won[0]["refresh_token"]})
    assert again.status == 200
    assert store(idp, "SELECT count(*) FROM auth_devices WHERE decision IS NOT NULL") == [(0,)]


def test_a_user_says_no(idp):
    browser, page = signed_in(idp, "bob")
    begun = begin(idp)
    page = browser.send(page, "code", PLACE, user_code=begun["user_code"])
    assert "Not connected" in text(browser.send(page, "deny", PLACE))
    assert error_of(poll(idp, begun)) == (400, "access_denied")
    assert 'role="alert"' in text(browser.send(page, "allow", PLACE))  # it is decided
    assert error_of(poll(idp, begun)) == (400, "access_denied")


def test_who_has_not_signed_in_denies_nothing_and_is_told_so(idp):
    begun = begin(idp)
    browser = Browser(idp)
    page = browser.request("GET", begun["verification_uri_complete"][len(idp.issuer):])
    told = browser.send(page, "deny", PLACE)
    assert "Nothing was allowed" in text(told) and "gets nothing" not in text(told)
    assert error_of(poll(idp, begun)) == (400, "authorization_pending")


def test_scopes_that_are_not_there_are_left_out(idp):
    browser, page = signed_in(idp, "ben")
    begun = begin(idp, scope="openid profile")
    page = browser.send(page, "code", PLACE, user_code=begun["user_code"])
    browser.send(page, "allow", PLACE)
    assert poll(idp, begun).body["scope"] == "openid"


def test_codes_end_and_are_their_clients(idp):
    browser, page = signed_in(idp, "cat")
    begun = begin(idp)
    assert error_of(post_form(idp, "/oauth/token", {"grant_type": DEVICE, "device_code": begun["device_code"]},
                              ("rival", RIVAL_SECRET))) == (400, "unauthorized_client")
    for wrong in ("x", begun["device_code"] + "A", begun["user_code"]):
        assert error_of(poll(idp, {"device_code": wrong})) == (400, "invalid_grant")
    ready = browser.send(page, "code", PLACE, user_code=begun["user_code"])
    pass_time(idp, 600)
    assert error_of(poll(idp, begun)) == (400, "expired_token")
    assert 'role="alert"' in text(browser.send(ready, "allow", PLACE))
    assert 'role="alert"' in text(browser.send(page, "code", PLACE, user_code=begun["user_code"]))
    assert error_of(post_form(idp, "/oauth/device", {"client_id": "phone"})) == (400, "unauthorized_client")
    assert error_of(post_form(idp, "/oauth/device", {"client_id": "nobody"})) == (401, "invalid_client")
    assert error_of(post_form(idp, "/oauth/device", {"client_id": "tv", "scope": "admin"})) == (400, "invalid_scope")
    assert Browser(idp).authorize(request_of("tv", redirect_uri="https://tv.example/")).status == 400


def test_asking_in_time_is_no_haste(idp):
    begun = begin(idp)
    for _ in range(3):
        assert error_of(poll(idp, begun)) == (400, "authorization_pending")
        pass_time(idp, 5)


def test_who_signs_out_before_the_device_asks_gives_nothing(idp):
    browser, page = signed_in(idp, "dan")
    begun = begin(idp)
    page = browser.send(page, "code", PLACE, user_code=begun["user_code"])
    browser.send(page, "allow", PLACE)
    out = browser.request("GET", "/oauth/logout")
    browser.send(out, "logout", "/oauth/logout")
    assert error_of(poll(idp, begun)) == (400, "invalid_grant")


def test_other_pages_say_yes_for_nobody(idp):
    browser, page = signed_in(idp, "eve")
    other, theirs = signed_in(idp, "fay")
    begun = begin(idp)
    ready = browser.send(page, "code", PLACE, user_code=begun["user_code"])
    for answer in (other.send(ready, "allow", PLACE), browser.send(theirs, "allow", PLACE),
                   browser.send(page, "allow", PLACE), Browser(idp).send(ready, "allow", PLACE),
                   browser.request("POST", PLACE, {"form": "x", "do": "allow", "user_code": begun["user_code"]}),
                   browser.request("POST", PLACE, {"do": "allow", "user_code": begun["user_code"]}, **EVIL)):
        assert answer.status == 403, answer.raw
    assert error_of(poll(idp, begun)) == (400, "authorization_pending")
    headers = ready.headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"] and headers["x-frame-options"] == "DENY"


def test_no_code_is_in_the_log_or_the_store(idp):
    begun = begin(idp)
    poll(idp, begun)
    kept = tables.everything(idp.store_path)
    for secret in (begun["device_code"], begun["user_code"], begun["user_code"].replace("-", "")):
        assert secret.encode() not in kept
    assert begun["device_code"] not in idp.error_text and begun["user_code"] not in idp.error_text
