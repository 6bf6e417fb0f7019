// SPDX-License-Identifier: Apache-2.0
#include "http/compress.h"

#include <brotli/decode.h>
#include <gtest/gtest.h>
#include <libdeflate.h>
#include <zstd.h>

namespace ashlar::http {
namespace {

using enum ContentCoding;

AcceptedCodings Accepted(std::vector<std::string> lines) {
  Request request;
  for (std::string& line : lines) request.headers.push_back({"accept-encoding", std::move(line)});
  return AcceptedCodings::Of(request);
}

struct Case {
  std::vector<std::string> lines;
  ContentCoding best;
  bool identity = true;
};

TEST(AcceptedCodingsTest, ChoosesByWeightAndThenByMerit) {
  const Case cases[] = {
      {{}, kIdentity},
      {{""}, kIdentity},
      {{"identity"}, kIdentity},
      {{"gzip"}, kGzip},
      {{"x-gzip"}, kGzip},
      {{"GZip ; Q=0.3"}, kGzip},
      {{"gzip, deflate, br"}, kBrotli},
      {{"gzip, deflate, br, zstd"}, kZstd},
      {{"gzip", "br;q=0.2"}, kGzip},
      {{"gzip;q=0.8, br;q=0.9, zstd;q=0.1"}, kBrotli},
      {{"gzip;q=0.5, identity"}, kIdentity},
      {{"gzip;q=0.5, identity;q=0.5"}, kGzip},
      {{"gzip;q=0.001"}, kGzip},
      {{"*"}, kGzip},
      {{"*, gzip;q=0"}, kIdentity},
      {{"*;q=0.5, br;q=0.7"}, kBrotli},
      {{"*;q=0, br"}, kBrotli, false},
      {{"identity;q=0, gzip"}, kGzip, false},
      {{"identity;q=0.0, *"}, kGzip, false},
      {{"*;q=0, identity"}, kIdentity},
      {{"gzip;q=0, br;q=0"}, kIdentity},
      {{"gzip;q=2, br;q=0.1234, zstd;q=, x;y"}, kIdentity},  // not well formed: said nothing
      {{"gzip;q=0, gzip"}, kIdentity},                       // the first counts
      {{"compress, deflate"}, kIdentity},
      {{" , ,, gzip ,"}, kGzip},
  };
  for (const Case& one : cases) {
    AcceptedCodings accepted = Accepted(one.lines);
    std::string lines = one.lines.empty() ? "none" : one.lines[0];
    EXPECT_EQ(accepted.Best(), one.best) << lines;
    EXPECT_EQ(accepted.Takes(kIdentity), one.identity) << lines;
    EXPECT_FALSE(accepted.TakesNothing()) << lines;
  }
}

TEST(AcceptedCodingsTest, MayTakeNothing) {
  for (const char* line : {"*;q=0", "identity;q=0", "identity;q=0, gzip;q=0.000", "deflate, *;q=0"}) {
    EXPECT_TRUE(Accepted({line}).TakesNothing()) << line;
    EXPECT_EQ(Accepted({line}).Best(), kIdentity) << line;
  }
}

std::string Expand(ContentCoding coding, const std::string& coded, size_t size) {
  std::string plain(size, '\0');
  size_t got = 0;
  if (coding == kGzip) {
    auto* decompressor = libdeflate_alloc_decompressor();
    libdeflate_gzip_decompress(decompressor, coded.data(), coded.size(), plain.data(), size, &got);
    libdeflate_free_decompressor(decompressor);
  } else if (coding == kBrotli) {
    got = size;
    BrotliDecoderDecompress(coded.size(), reinterpret_cast<const uint8_t*>(coded.data()), &got,
                            reinterpret_cast<uint8_t*>(plain.data()));
  } else {
    got = ZSTD_decompress(plain.data(), size, coded.data(), coded.size());
  }
  plain.resize(std::min(got, size));
  return plain;
}

TEST(CompressorTest, WritesWhatIsReadAgain) {
  for (Effort effort : {Effort::kAnswer, Effort::kOnce}) {
    Compressor compressor(effort);
    for (ContentCoding coding : CodingsByMerit()) {
      for (size_t size : {size_t{1}, size_t{5000}, size_t{3} << 20}) {
        std::string body;
        while (body.size() < size) body += fmt::format("{{\"id\":{}}}", body.size());
        auto coded = compressor.Compress(coding, body);
        ASSERT_TRUE(coded.has_value());
        EXPECT_EQ(Expand(coding, *coded, body.size()), body) << NameOf(coding);
        if (size > 1000) EXPECT_LT(coded->size(), body.size() / 2) << NameOf(coding);
      }
    }
    EXPECT_FALSE(compressor.Compress(kIdentity, "x"));
  }
}

}  // namespace
}  // namespace ashlar::http
