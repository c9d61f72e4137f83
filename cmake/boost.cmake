# Boost, of which another one on the machine is not taken when the one that was asked for cannot be.

set(asked "")
foreach(variable Boost_DIR Boost_ROOT BOOST_ROOT)
    if(asked STREQUAL "" AND NOT "${${variable}}" MATCHES "^$|NOTFOUND$")
        set(asked "${${variable}}")
        set(asked_by ${variable})
    endif()
endforeach()

find_package(Boost 1.81 REQUIRED COMPONENTS json)

if(NOT asked STREQUAL "")
    file(REAL_PATH "${asked}" asked_path)
    set(found_at "")
    foreach(folder ${Boost_DIR} ${Boost_INCLUDE_DIRS})
        file(REAL_PATH "${folder}" path)
        list(APPEND found_at ${path})
    endforeach()
    string(FIND ";${found_at}/" ";${asked_path}/" at)
    string(FIND ";${found_at};" ";${asked_path};" exactly_at)
    if(at EQUAL -1 AND exactly_at EQUAL -1)
        string(CONCAT text "${asked_by} is ${asked}, but what CMake found is Boost ${Boost_VERSION_STRING} in "
            "${Boost_INCLUDE_DIRS}. Either there is no Boost 1.81 or later with Boost.JSON where you asked for it (for a tree "
            "of sources see cmake/boost/CMakeLists.txt), or this build folder remembers another one: use a fresh one.")
        message(FATAL_ERROR "${text}")
    endif()
endif()
message(STATUS "Boost ${Boost_VERSION_STRING}: ${Boost_INCLUDE_DIRS}")
