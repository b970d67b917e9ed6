// A function of a library that is opened at run time.

#ifndef DOORPHONE_BASE_SYMBOL_H
#define DOORPHONE_BASE_SYMBOL_H

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/**
 * Copies a symbol's address: ISO C has no cast from object to function pointers, POSIX gives them one form.
 * @param object of dlopen
 * @param function a pointer to a function pointer; null where the library has none of that name
 * @return whether it has one
 */
static inline bool look_up(void *object, const char *name, void *function) {
  void *symbol = dlsym(object, name);
  memcpy(function, &symbol, sizeof symbol);
  return symbol != NULL;
}

#endif
