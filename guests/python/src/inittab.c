// The modules in C that the engine has.
#include <Python.h>

#define BUILTIN(X)                                                                                                     \
    X(_abc) X(_asyncio) X(_bisect) X(_blake2) X(_codecs) X(_collections) X(_contextvars) X(_csv)           \
    X(_datetime) X(_decimal) X(_elementtree) X(_functools) X(_heapq) X(_io) X(_json) X(_locale) X(_md5) X(_opcode)     \
    X(_operator) X(_pickle) X(_queue) X(_random) X(_sha1) X(_sha2) X(_sha3) X(_signal) X(_sre) X(_stat)                \
    X(_statistics) X(_struct) X(_suggestions) X(_symtable) X(_sysconfig) X(_thread) X(_tracemalloc) X(_typing)         \
    X(_weakref) X(_zoneinfo) X(array) X(atexit) X(binascii) X(cmath) X(errno) X(faulthandler) X(itertools) X(math)     \
    X(posix) X(pyexpat) X(select) X(time) X(unicodedata) X(zlib)

#define DECLARE(name) extern PyObject *PyInit_##name(void);
BUILTIN(DECLARE)
DECLARE(_belljar)

extern PyObject *PyMarshal_Init(void);
extern PyObject *PyInit__imp(void);
extern PyObject *PyInit__ast(void);
extern PyObject *PyInit__tokenize(void);
extern PyObject *PyInit_gc(void);
extern PyObject *_PyWarnings_Init(void);
extern PyObject *PyInit__string(void);

#define ROW(name) {#name, PyInit_##name},
struct _inittab _PyImport_Inittab[] = {
    BUILTIN(ROW)
#ifndef BELLJAR_FREEZER
    ROW(_belljar)
#endif
    {"marshal", PyMarshal_Init},
    {"_imp", PyInit__imp},
    {"_ast", PyInit__ast},
    {"_tokenize", PyInit__tokenize},
    {"builtins", NULL},
    {"sys", NULL},
    {"gc", PyInit_gc},
    {"_warnings", _PyWarnings_Init},
    {"_string", PyInit__string},
    {NULL, NULL},
};
