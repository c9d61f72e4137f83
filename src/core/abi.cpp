// The settings that this library was built with, as the name of a symbol.
#include <getty/connect/abi.hpp>

const char GETTY_CONNECT_ABI_SYMBOL = 0;
