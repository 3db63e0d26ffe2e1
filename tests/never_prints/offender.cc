// What never_prints.cmake must find, as its own test.
#include <cstdio>
#include <cstdlib>
#include <iostream>

void prints() { std::puts("text"); }
void streams() { std::cout << "text"; }
void exits() { std::exit(1); }
