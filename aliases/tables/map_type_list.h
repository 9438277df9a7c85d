// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "aliases/tables/table.h"

namespace lastmile {

// Each is defined in the file of its type. map_types.cc makes the array of them.
extern const MapType kBtreeMap;
extern const MapType kCdbMap;
extern const MapType kCidrMap;
extern const MapType kDebugMap;
extern const MapType kEnvironMap;
extern const MapType kFailMap;
extern const MapType kHashMap;
extern const MapType kInlineMap;
extern const MapType kLdapMap;
extern const MapType kLmdbMap;
extern const MapType kMemcacheMap;
extern const MapType kMysqlMap;
extern const MapType kPcreMap;
extern const MapType kPgsqlMap;
extern const MapType kPipeMap;
extern const MapType kProxyMap;
extern const MapType kRandMap;
extern const MapType kRegexpMap;
extern const MapType kSocketmapMap;
extern const MapType kSqliteMap;
extern const MapType kStaticMap;
extern const MapType kTcpMap;
extern const MapType kTexthashMap;
extern const MapType kUnionMap;
extern const MapType kUnixMap;

}  // namespace lastmile
