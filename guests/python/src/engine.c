// The engine's exports: the world `belljar:engine`. What they do is in `lib/_engine.py`; here is how it is called.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "start.h"

extern void *belljar_wasi_room(size_t align, size_t size);
extern void belljar_wasi_awake(void);
extern void belljar_wasi_flush(void);

/// The host puts what it answers there. No answer needs a larger alignment than `malloc` gives.
__attribute__((export_name("cabi_realloc")))
void *cabi_realloc(void *old, size_t old_size, size_t align, size_t size) {
    (void)old_size;
    void *adapters = belljar_wasi_room(align, size);
    if (adapters) return adapters;
    void *at = realloc(old, size ? size : 1);
    if (!at) __builtin_trap();
    return at;
}

static PyObject *engine;

__attribute__((export_name("belljar:initialize")))
void initialize(void) {
    belljar_start(1);
    engine = PyImport_ImportModule("_engine");
    PyObject *started = engine ? PyObject_CallMethod(engine, "started", NULL) : NULL;
    if (!started) belljar_die();
    Py_DECREF(started);
    belljar_forget_imported();
}

typedef struct {
    const char *at;
    size_t length;
} text;

/// `result<string, fault>`; for `load` nothing lies behind a success.
typedef struct {
    uint8_t failed;
    union {
        text output;
        struct {
            uint8_t kind;
            text code, message, stack;
        } fault;
    };
} outcome;

/// What is returned lies in memory until the instance is gone.
static PyObject *returned;
static outcome result;

static text text_of(PyObject *given) {
    Py_ssize_t length = 0;
    const char *at = given ? PyUnicode_AsUTF8AndSize(given, &length) : NULL;
    // Text that is no Unicode was made so that it is before it got here.
    if (!at) PyErr_Clear();
    return (text){at ? at : "", at ? (size_t)length : 0};
}

/// An outcome from what `_engine` answers: a text, `None`, or kind, code, message and stack of a fault.
static const outcome *outcome_of(PyObject *answer) {
    memset(&result, 0, sizeof result);
    returned = answer;
    if (answer && PyTuple_Check(answer) && PyTuple_GET_SIZE(answer) == 4) {
        result.failed = 1;
        result.fault.kind = (uint8_t)PyLong_AsLong(PyTuple_GET_ITEM(answer, 0));
        result.fault.code = text_of(PyTuple_GET_ITEM(answer, 1));
        result.fault.message = text_of(PyTuple_GET_ITEM(answer, 2));
        result.fault.stack = text_of(PyTuple_GET_ITEM(answer, 3));
    } else if (answer) {
        result.output = text_of(answer == Py_None ? NULL : answer);
    } else {
        // `_engine` catches whatever the tool raises; what it raised itself is memory or recursion, at the very end of either.
        static const char *message = "the engine ran out of memory or of stack while it described how the tool ended";
        PyErr_Clear();
        result.failed = 1;
        result.fault.kind = 1;
        result.fault.message = (text){message, strlen(message)};
    }
    return &result;
}

/// A text of the host's as Python's. The host's own copy is let go.
static PyObject *taken(const char *at, size_t length) {
    PyObject *made = PyUnicode_DecodeUTF8(at, (Py_ssize_t)length, "strict");
    if (length) free((void *)at);
    return made;
}

__attribute__((export_name("load")))
const outcome *load(const char *file, size_t file_length, const char *program, size_t length) {
    belljar_wasi_awake();
    PyObject *name = taken(file, file_length), *source = taken(program, length);
    PyObject *answer = name && source ? PyObject_CallMethod(engine, "load", "OO", name, source) : NULL;
    Py_XDECREF(name);
    Py_XDECREF(source);
    const outcome *loaded = outcome_of(answer);
    belljar_wasi_flush();
    return loaded;
}

__attribute__((export_name("run")))
const outcome *run(const char *input, size_t length) {
    PyObject *text = taken(input, length);
    PyObject *answer = text ? PyObject_CallMethod(engine, "run", "O", text) : NULL;
    Py_XDECREF(text);
    const outcome *ended = outcome_of(answer);
    belljar_wasi_flush();
    return ended;
}
