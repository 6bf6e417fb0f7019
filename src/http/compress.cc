// SPDX-License-Identifier: Apache-2.0
#include "http/compress.h"

#include <brotli/encode.h>
#include <libdeflate.h>
#include <zstd.h>

namespace ashlar::http {
namespace {

// The levels that docs/decisions/0019-compression.md measures.
struct Levels {
  int gzip, brotli, zstd;
};
constexpr Levels kOfAnAnswer{1, 1, 1};
constexpr Levels kOfOnce{6, 4, 6};
constexpr int kBrotliWindow = 18;  // bits: 256 KiB, and what it allocates

}  // namespace

struct Compressor::Contexts {
  using Deflate = std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)>;
  using Zstd = std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)>;

  explicit Contexts(const Levels& given) : levels(given) {}
  // Each is made at its first use: most loops need one of them.
  size_t Gzip(std::string_view body, std::string& out);
  size_t Brotli(std::string_view body, std::string& out);
  size_t Zst(std::string_view body, std::string& out);

  Levels levels;
  Deflate deflate{nullptr, libdeflate_free_compressor};
  Zstd zstd{nullptr, ZSTD_freeCCtx};
};

size_t Compressor::Contexts::Gzip(std::string_view body, std::string& out) {
  if (deflate == nullptr) deflate.reset(libdeflate_alloc_compressor(levels.gzip));
  if (deflate == nullptr) return 0;
  out.resize(libdeflate_gzip_compress_bound(deflate.get(), body.size()));
  return libdeflate_gzip_compress(deflate.get(), body.data(), body.size(), out.data(), out.size());
}

// The library has no context that could be kept.
size_t Compressor::Contexts::Brotli(std::string_view body, std::string& out) {
  size_t size = BrotliEncoderMaxCompressedSize(body.size());
  out.resize(size);
  auto done = BrotliEncoderCompress(levels.brotli, kBrotliWindow, BROTLI_MODE_TEXT, body.size(),
                                    reinterpret_cast<const uint8_t*>(body.data()), &size,
                                    reinterpret_cast<uint8_t*>(out.data()));
  return done == BROTLI_TRUE ? size : 0;
}

size_t Compressor::Contexts::Zst(std::string_view body, std::string& out) {
  if (zstd == nullptr) zstd.reset(ZSTD_createCCtx());
  if (zstd == nullptr) return 0;
  out.resize(ZSTD_compressBound(body.size()));
  size_t size = ZSTD_compressCCtx(zstd.get(), out.data(), out.size(), body.data(), body.size(), levels.zstd);
  return ZSTD_isError(size) ? 0 : size;
}

Compressor::Compressor(Effort effort)
    : contexts_(std::make_unique<Contexts>(effort == Effort::kOnce ? kOfOnce : kOfAnAnswer)) {}
Compressor::~Compressor() = default;

std::optional<std::string> Compressor::Compress(ContentCoding coding, std::string_view body) {
  std::string out;
  size_t size = 0;
  switch (coding) {
    case ContentCoding::kIdentity: break;
    case ContentCoding::kGzip: size = contexts_->Gzip(body, out); break;
    case ContentCoding::kBrotli: size = contexts_->Brotli(body, out); break;
    case ContentCoding::kZstd: size = contexts_->Zst(body, out); break;
  }
  if (size == 0) return std::nullopt;
  out.resize(size);
  out.shrink_to_fit();
  return out;
}

}  // namespace ashlar::http
