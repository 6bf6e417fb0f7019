// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace ashlar::store::sqlite {

// A layer between SQLite and the system's files, for connections that write: what SQLite writes to the write-ahead log
// piece by piece, two for each page, is gathered and written by one call for some thirty pages. All else passes
// through.
//
// It gathers only on a connection that was told PRAGMA synchronous=FULL, and what is gathered is in the file before the
// sync that every commit then makes; docs/decisions/0026 tells why nobody can see a difference.
// A connection is one thread's at a time, as ever. Other connections to the same file need not know of it.
inline constexpr const char* kLogVfs = "ashlar-log";

// Makes the layer known to SQLite by that name, for good, above the files of another, `below`; nullptr: of SQLite's own
// choice. It does not become what connections use that name none. False: there is no `below`, or no memory.
// REQUIRES: no layer of that name yet.
bool AddLogVfs(const char* name, const char* below);

}  // namespace ashlar::store::sqlite
