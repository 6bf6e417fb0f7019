// SPDX-License-Identifier: Apache-2.0
#include "store/postgres/functions.h"

#include "base/utf8.h"
#include "cel/functions.h"
#include "types/datetime.h"

namespace ashlar::store::postgres {
namespace {

// {0}: "LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE"; the others are limits.
constexpr std::string_view kNumbers = R"(
CREATE OR REPLACE FUNCTION ashlar_exact(double precision) RETURNS numeric {0} AS $$
  SELECT CASE WHEN $1 = 0 THEN 0::numeric
    WHEN e >= 0 THEN s * m * 2::numeric ^ e
    ELSE s * (m * 5::numeric ^ (-e)) * ('1e' || e)::numeric END
  FROM (SELECT CASE WHEN b < 0 THEN -1 ELSE 1 END AS s,
      (b & 4503599627370495)::numeric + CASE WHEN (b >> 52) & 2047 = 0 THEN 0 ELSE 4503599627370496 END AS m,
      greatest(((b >> 52) & 2047)::integer, 1) - 1075 AS e
    FROM (SELECT ('x' || encode(float8send($1), 'hex'))::bit(64)::bigint AS b) AS bits) AS parts $$;
CREATE OR REPLACE FUNCTION ashlar_within(numeric) RETURNS bigint {0} AS $$
  SELECT CASE WHEN $1 BETWEEN -9223372036854775808 AND 9223372036854775807 THEN $1::bigint END $$;
CREATE OR REPLACE FUNCTION ashlar_int_add(bigint, bigint) RETURNS bigint {0} AS $$
  SELECT ashlar_within($1::numeric + $2) $$;
CREATE OR REPLACE FUNCTION ashlar_int_subtract(bigint, bigint) RETURNS bigint {0} AS $$
  SELECT ashlar_within($1::numeric - $2) $$;
CREATE OR REPLACE FUNCTION ashlar_int_multiply(bigint, bigint) RETURNS bigint {0} AS $$
  SELECT ashlar_within($1::numeric * $2) $$;
CREATE OR REPLACE FUNCTION ashlar_int_divide(bigint, bigint) RETURNS bigint {0} AS $$
  SELECT CASE WHEN $2 = -1 THEN ashlar_within(-$1::numeric) WHEN $2 <> 0 THEN $1 / $2 END $$;
CREATE OR REPLACE FUNCTION ashlar_int_modulo(bigint, bigint) RETURNS bigint {0} AS $$
  SELECT CASE WHEN $2 = -1 THEN 0 WHEN $2 <> 0 THEN $1 % $2 END $$;
CREATE OR REPLACE FUNCTION ashlar_int_negate(bigint) RETURNS bigint {0} AS $$
  SELECT ashlar_within(-$1::numeric) $$;

CREATE OR REPLACE FUNCTION ashlar_double_add(a double precision, b double precision) RETURNS double precision
  LANGUAGE plpgsql IMMUTABLE STRICT AS $$
  BEGIN RETURN a + b; EXCEPTION WHEN numeric_value_out_of_range THEN RETURN NULL; END $$;
CREATE OR REPLACE FUNCTION ashlar_double_subtract(a double precision, b double precision) RETURNS double precision
  LANGUAGE plpgsql IMMUTABLE STRICT AS $$
  BEGIN RETURN a - b; EXCEPTION WHEN numeric_value_out_of_range THEN RETURN NULL; END $$;
-- What is too small is 0, which the server takes for an error as well.
CREATE OR REPLACE FUNCTION ashlar_double_multiply(a double precision, b double precision) RETURNS double precision
  LANGUAGE plpgsql IMMUTABLE STRICT AS $$
  BEGIN RETURN a * b; EXCEPTION WHEN numeric_value_out_of_range THEN
    RETURN CASE WHEN abs(a) <= 1 OR abs(b) <= 1 THEN 0 END; END $$;
CREATE OR REPLACE FUNCTION ashlar_double_divide(a double precision, b double precision) RETURNS double precision
  LANGUAGE plpgsql IMMUTABLE STRICT AS $$
  BEGIN RETURN a / b; EXCEPTION WHEN division_by_zero THEN RETURN NULL; WHEN numeric_value_out_of_range THEN
    RETURN CASE WHEN abs(b) >= 1 THEN 0 END; END $$;
CREATE OR REPLACE FUNCTION ashlar_double_negate(double precision) RETURNS double precision {0} AS $$ SELECT -$1 $$;

-- Half to the even neighbour.
CREATE OR REPLACE FUNCTION ashlar_round(numeric, integer) RETURNS numeric {0} AS $$
  SELECT CASE WHEN abs($1 - cut) * 2 = unit AND cut / unit % 2 = 0 THEN cut ELSE round($1, $2) END
  FROM (SELECT trunc($1, $2) AS cut, ('1e-' || $2)::numeric AS unit) AS parts $$;
CREATE OR REPLACE FUNCTION ashlar_fit(numeric, integer) RETURNS numeric {0} AS $$
  SELECT CASE WHEN abs($1) < ('1e' || (38 - $2))::numeric THEN $1 END $$;
CREATE OR REPLACE FUNCTION ashlar_decimal_add(numeric, numeric, integer) RETURNS numeric {0} AS $$
  SELECT ashlar_fit(ashlar_round($1 + $2, $3), $3) $$;
CREATE OR REPLACE FUNCTION ashlar_decimal_subtract(numeric, numeric, integer) RETURNS numeric {0} AS $$
  SELECT ashlar_fit(ashlar_round($1 - $2, $3), $3) $$;
CREATE OR REPLACE FUNCTION ashlar_decimal_multiply(numeric, numeric, integer) RETURNS numeric {0} AS $$
  SELECT ashlar_fit(ashlar_round($1 * $2, $3), $3) $$;
CREATE OR REPLACE FUNCTION ashlar_decimal_negate(numeric, numeric, integer) RETURNS numeric {0} AS $$
  SELECT ashlar_fit(ashlar_round(-$1, $3), $3) $$;
CREATE OR REPLACE FUNCTION ashlar_decimal_divide(numeric, numeric, integer) RETURNS numeric {0} AS $$
  SELECT ashlar_fit(
      CASE WHEN abs(a - q * $2) * 2 > abs($2) OR (abs(a - q * $2) * 2 = abs($2) AND q % 2 <> 0)
        THEN q + sign(a) * sign($2) ELSE q END * ('1e-' || $3)::numeric, $3)
  FROM (SELECT a, div(a, $2) AS q FROM (SELECT $1 * ('1e' || $3)::numeric AS a WHERE $2 <> 0) AS whole) AS parts $$;

CREATE OR REPLACE FUNCTION ashlar_bound(bigint, numeric, numeric) RETURNS bigint {0} AS $$
  SELECT CASE WHEN $1 BETWEEN $2 AND $3 THEN $1 END $$;
CREATE OR REPLACE FUNCTION ashlar_bound(text, bigint, bigint) RETURNS text {0} AS $$
  SELECT CASE WHEN char_length($1) BETWEEN $2 AND $3 THEN $1 END $$;
CREATE OR REPLACE FUNCTION ashlar_bound(numeric, integer, numeric, numeric) RETURNS numeric {0} AS $$
  SELECT CASE WHEN value BETWEEN $3 AND $4 THEN value END FROM (SELECT ashlar_round($1, $2) AS value) AS rounded $$;

CREATE OR REPLACE FUNCTION ashlar_micros(timestamptz) RETURNS bigint {0} AS $$
  SELECT (extract(epoch FROM $1) * 1000000)::bigint $$;
CREATE OR REPLACE FUNCTION ashlar_moment(bigint) RETURNS timestamptz {0} AS $$
  SELECT CASE WHEN $1 BETWEEN {1} AND {2} THEN TIMESTAMPTZ '1970-01-01 00:00:00+00'
    + make_interval(hours => ($1 / 3600000000)::integer, secs => ($1 % 3600000000)::double precision / 1000000) END $$;
CREATE OR REPLACE FUNCTION ashlar_moment_add(timestamptz, bigint) RETURNS timestamptz {0} AS $$
  SELECT ashlar_moment(ashlar_int_add(ashlar_micros($1), $2)) $$;
CREATE OR REPLACE FUNCTION ashlar_moment_add(bigint, timestamptz) RETURNS timestamptz {0} AS $$
  SELECT ashlar_moment(ashlar_int_add(ashlar_micros($2), $1)) $$;
CREATE OR REPLACE FUNCTION ashlar_moment_subtract(timestamptz, bigint) RETURNS timestamptz {0} AS $$
  SELECT ashlar_moment(ashlar_int_subtract(ashlar_micros($1), $2)) $$;
CREATE OR REPLACE FUNCTION ashlar_length(bigint) RETURNS bigint {0} AS $$
  SELECT CASE WHEN $1 BETWEEN -{3} AND {3} THEN $1 END $$;
CREATE OR REPLACE FUNCTION ashlar_between_subtract(timestamptz, timestamptz) RETURNS bigint {0} AS $$
  SELECT ashlar_length(ashlar_micros($1) - ashlar_micros($2)) $$;
CREATE OR REPLACE FUNCTION ashlar_span_add(bigint, bigint) RETURNS bigint {0} AS $$
  SELECT ashlar_length(ashlar_int_add($1, $2)) $$;
CREATE OR REPLACE FUNCTION ashlar_span_subtract(bigint, bigint) RETURNS bigint {0} AS $$
  SELECT ashlar_length(ashlar_int_subtract($1, $2)) $$;
CREATE OR REPLACE FUNCTION ashlar_span_negate(bigint) RETURNS bigint {0} AS $$ SELECT -$1 $$;

CREATE OR REPLACE FUNCTION ashlar_text_add(text, text) RETURNS text {0} AS $$
  SELECT CASE WHEN octet_length($1) + octet_length($2) <= {4} THEN $1 || $2 END $$;
CREATE OR REPLACE FUNCTION ashlar_ends_with(text, text) RETURNS boolean {0} AS $$
  SELECT right($1, char_length($2)) = $2 $$;
)";

// What is counted up goes on behind an id that was chosen, which SQLite does by itself. Two who choose at once wait for
// each other. Ids at the far end are no beginning: nothing could be counted up behind them.
constexpr std::string_view kCounting = R"(
CREATE OR REPLACE FUNCTION ashlar_counted(named text, counted text, id bigint) RETURNS bigint
  LANGUAGE plpgsql VOLATILE STRICT AS $$
  DECLARE counter regclass := pg_get_serial_sequence(named, counted);
  BEGIN
    IF id > COALESCE(pg_sequence_last_value(counter), 0) AND id < 4611686018427387904 THEN
      PERFORM pg_advisory_xact_lock(hashtextextended('ashlar counter', counter::oid::bigint));
      IF id > COALESCE(pg_sequence_last_value(counter), 0) THEN PERFORM setval(counter, id); END IF;
    END IF;
    RETURN id;
  END $$;
)";

// Sums: NaN is one that has failed.
constexpr std::string_view kSums = R"(
CREATE OR REPLACE FUNCTION ashlar_total(numeric, numeric) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN $2 IS NULL THEN 'NaN'::numeric ELSE $1 + $2 END $$;
CREATE OR REPLACE FUNCTION ashlar_total(numeric, bigint) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT ashlar_total($1, $2::numeric) $$;
CREATE OR REPLACE FUNCTION ashlar_total(numeric, double precision) RETURNS numeric
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT ashlar_total($1, ashlar_exact($2)) $$;
CREATE OR REPLACE FUNCTION ashlar_nearest(numeric) RETURNS double precision {0} AS $$
  SELECT CASE WHEN abs($1) < 2::numeric ^ 1024 - 2::numeric ^ 970 THEN
    CASE WHEN abs($1) * 2 <= ashlar_exact(5e-324) THEN 0 ELSE $1::double precision END END $$;
CREATE OR REPLACE FUNCTION ashlar_fit(numeric) RETURNS numeric {0} AS $$
  SELECT CASE WHEN $1 <> 'NaN' THEN ashlar_fit($1, scale($1)) END $$;
-- NaN, too, is a measure that does not fit.
CREATE OR REPLACE FUNCTION ashlar_measure_whole(numeric) RETURNS numeric {0} AS $$
  SELECT CASE WHEN ashlar_within($1) IS NULL THEN 'NaN' ELSE $1 END $$;
CREATE OR REPLACE FUNCTION ashlar_measure(numeric, integer) RETURNS numeric {0} AS $$
  SELECT COALESCE(ashlar_fit($1, $2), 'NaN') $$;
CREATE OR REPLACE FUNCTION ashlar_measure_double(numeric) RETURNS double precision {0} AS $$
  SELECT COALESCE(ashlar_nearest($1), 'NaN') $$;
CREATE OR REPLACE AGGREGATE ashlar_sum_int(bigint)
  (sfunc = ashlar_total, stype = numeric, initcond = '0', finalfunc = ashlar_within);
CREATE OR REPLACE AGGREGATE ashlar_sum_double(double precision)
  (sfunc = ashlar_total, stype = numeric, initcond = '0', finalfunc = ashlar_nearest);
CREATE OR REPLACE AGGREGATE ashlar_sum_decimal(numeric)
  (sfunc = ashlar_total, stype = numeric, initcond = '0', finalfunc = ashlar_fit);
)";

constexpr std::string_view kJson = R"(
CREATE OR REPLACE FUNCTION ashlar_json_held(json) RETURNS json[] {0} AS $$ SELECT ARRAY[$1] $$;
CREATE OR REPLACE FUNCTION ashlar_json_member(json, text) RETURNS json[] {0} AS $$
  SELECT CASE json_typeof(member) WHEN 'null' THEN ARRAY[NULL::json] ELSE ARRAY[member] END
  FROM (SELECT $1 -> $2 AS member WHERE json_typeof($1) = 'object') AS found WHERE member IS NOT NULL $$;
-- A whole number as it is where 64 bits hold it, any other as the double that it is; NULL: none holds it.
CREATE OR REPLACE FUNCTION ashlar_json_number(value text) RETURNS numeric LANGUAGE plpgsql IMMUTABLE STRICT AS $$
  DECLARE number numeric;
  BEGIN
    number := value::numeric;
    IF number = trunc(number) AND ashlar_within(number) IS NOT NULL THEN RETURN number; END IF;
    RETURN ashlar_exact(value::double precision);
  EXCEPTION WHEN numeric_value_out_of_range THEN
    RETURN CASE WHEN abs(number) < 1 OR value ~ '[eE]-' THEN 0 END;
  END $$;
-- -1, 0, 1; NULL where they are of different kinds. $3: the second is json, too, and no exact number.
CREATE OR REPLACE FUNCTION ashlar_json_order(a json, b json, dynamic boolean) RETURNS integer
  LANGUAGE plpgsql IMMUTABLE STRICT AS $$
  DECLARE
    kind text := json_typeof(a);
    x text COLLATE "C" := CASE WHEN kind IN ('object', 'array') THEN a::text ELSE a #>> '{{}}' END;
    y text COLLATE "C" := CASE WHEN kind IN ('object', 'array') THEN b::text ELSE b #>> '{{}}' END;
    m numeric;
    n numeric;
  BEGIN
    IF kind = 'null' OR json_typeof(b) = 'null' THEN RETURN NULL; END IF;
    IF kind IN ('object', 'array') AND json_typeof(b) IN ('object', 'array') THEN
      y := b::text;
    ELSIF kind <> json_typeof(b) THEN
      RETURN NULL;
    END IF;
    IF kind = 'number' THEN
      m := ashlar_json_number(x);
      n := CASE WHEN dynamic THEN ashlar_json_number(y) ELSE y::numeric END;
      IF (m IS NULL) <> (n IS NULL) THEN RETURN NULL; END IF;
      IF m IS NOT NULL THEN RETURN CASE WHEN m < n THEN -1 WHEN m > n THEN 1 ELSE 0 END; END IF;
    END IF;
    RETURN CASE WHEN x < y THEN -1 WHEN x > y THEN 1 ELSE 0 END;
  END $$;
CREATE OR REPLACE FUNCTION ashlar_json_equal(json[], json[], boolean) RETURNS boolean {0} AS $$
  SELECT CASE WHEN a AND b THEN TRUE WHEN a OR b THEN FALSE
    ELSE COALESCE(ashlar_json_order($1[1], $2[1], $3) = 0, FALSE) END
  FROM (SELECT $1[1] IS NULL OR json_typeof($1[1]) = 'null' AS a, $2[1] IS NULL OR json_typeof($2[1]) = 'null' AS b)
    AS none $$;
)";

// Full case folding, letter by letter, as the process does it.
std::string CreateFold() {
  std::string from, to, many, replacing;
  for (char32_t letter = 0x80; letter <= 0x1FFFF; ++letter) {
    if (letter >= 0xD800 && letter <= 0xDFFF) continue;
    std::string text;
    AppendUtf8(letter, text);
    const std::string folded = FoldCase(text);
    if (folded == text) continue;
    if (CountCodePoints(folded) == 1) {
      from += text;
      to += folded;
    } else {
      many += text;
      replacing += fmt::format("value := replace(value, '{}', '{}');\n", text, folded);
    }
  }
  return fmt::format(R"(
CREATE OR REPLACE FUNCTION ashlar_fold(value text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT AS $$
  BEGIN
    value := lower(value COLLATE "C");
    IF octet_length(value) = char_length(value) THEN RETURN value; END IF;
    value := translate(value, '{}', '{}');
    IF value ~ '[{}]' THEN
      {}    END IF;
    RETURN value;
  END $$;
)",
                     from, to, many, replacing);
}

}  // namespace

std::string CreateFunctions() {
  constexpr std::string_view kPlain = "LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE";
  return fmt::format(kNumbers, kPlain, types::kFirstTimestamp.micros, types::kLastTimestamp.micros,
                     types::kLongestDuration.micros, cel::kMostTextBytes) +
         std::string(kCounting) + fmt::format(kSums, kPlain) + fmt::format(kJson, kPlain) + CreateFold();
}

}  // namespace ashlar::store::postgres
