# cmake -DNM=nm -DLIBRARIES=list -P never_prints.cmake: looks in static libraries for what prints, exits or aborts, and lists where it stands.
cmake_minimum_required(VERSION 3.25)

# Symbols of libc, libstdc++ and fmt. Not among them: __assert_fail, since assert() is for our own bugs, and
# std::terminate, which the destructor of std::thread calls.
set(prints "(__)?v?d?printf(_chk)?|puts|putchar|putchar_unlocked|perror|stdout|stderr|std::w?(cout|cerr|clog)|fmt::v[0-9]+::vprint\\(.*")
set(ends "exit|_exit|_Exit|quick_exit|abort")

set(problems 0)
foreach(library IN LISTS LIBRARIES)
  execute_process(
    COMMAND "${NM}" --demangle --undefined-only --print-file-name "${library}"
    OUTPUT_VARIABLE symbols
    COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^\n]+ U (${prints}|${ends})(@[^\n]*)?\n" found "${symbols}")
  foreach(line IN LISTS found)
    string(STRIP "${line}" line)
    message(NOTICE "${line}")
    math(EXPR problems "${problems} + 1")
  endforeach()
endforeach()
if(problems)
  message(FATAL_ERROR "the library never prints, exits or aborts: throw rectify::Error, and leave the rest to the caller")
endif()
