// SPDX-License-Identifier: Apache-2.0
// Version 3 brings its own main; version 2 makes one here.
#if !__has_include(<catch2/catch_all.hpp>)
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
