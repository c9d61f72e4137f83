// Stands for the headers of another release of Boost.
#pragma once
#define BOOST_VERSION 108300
#define BOOST_LIB_VERSION "1_83"
