# Told once for each build folder, to whoever uses the library with a compiler that asks for it.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13
        AND NOT GETTY_CONNECT_COROUTINE_RULE_TOLD)
    message(STATUS "getty_connect: g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles some coroutine code without a warning: "
        "keep to one co_await per statement, none in an if or ?:, and name lambdas and lists before a statement that awaits")
    set(GETTY_CONNECT_COROUTINE_RULE_TOLD TRUE CACHE INTERNAL "")
endif()
