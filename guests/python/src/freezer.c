// Compiles the library's modules to what the engine carries. It is this engine's own compiler, so that the build needs no
// other Python.
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <marshal.h>

#include "start.h"

__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
    (void)old_size, (void)align;
    void *at = realloc(old, size ? size : 1);
    if (!at) __builtin_trap();
    return at;
}

__attribute__((export_name("start")))
void start(void) {
    belljar_start(0);
}

/// The marshalled code of a module, from its source and the name of its file. Both texts end with a zero.
__attribute__((export_name("freeze")))
const size_t *freeze(const char *file, const char *source) {
    static size_t result[2];
    static PyObject *marshalled;
    Py_CLEAR(marshalled);
    // Without docstrings and assertions.
    PyObject *code = Py_CompileStringExFlags(source, file, Py_file_input, NULL, 2);
    if (!code) belljar_die();
    marshalled = PyMarshal_WriteObjectToString(code, Py_MARSHAL_VERSION);
    Py_DECREF(code);
    if (!marshalled) belljar_die();
    result[0] = (size_t)PyBytes_AS_STRING(marshalled);
    result[1] = (size_t)PyBytes_GET_SIZE(marshalled);
    return result;
}
