// The release as the preprocessor sees it.
#pragma once

/// Major version * 10,000 + minor version * 100 + patch level, for `#if`.
#define GETTY_CONNECT_VERSION 800

/// The inline namespace of all public names: a program compiled with the headers of one minor version does
/// not link with the library of another. Never to be written in a program.
#define GETTY_CONNECT_ABI v0_8

// The other headers put their declarations between `#pragma GCC visibility push(default)` and `pop`: they are
// what the shared library exports, whatever visibility it or a program is compiled with.
