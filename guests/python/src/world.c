// The module `_belljar`: the functions of the world `belljar:tool`, as the Canonical ABI lays them out, for `lib/belljar`.
//
// What the host writes lies in memory that `cabi_realloc` gave; it is freed as soon as Python has its own copy.
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#define WORLD(interface, function)                                                                                     \
    __attribute__((import_module("belljar:tool/" interface "@0.1.0"), import_name(function)))

typedef struct {
    const char *at;
    size_t length;
} text;

typedef struct {
    text name, value;
} pair;

/// `option<list<u8>>`
typedef struct {
    int some;
    const char *at;
    size_t length;
} optional;

/// `result<…, failure>` where nothing needs more than four bytes' alignment.
typedef struct {
    uint8_t failed;
    uint32_t words[7];
} answer;

/// The same for `files`, whose entries hold sizes.
typedef struct {
    uint8_t failed;
    uint64_t words[4];
} file_answer;

typedef struct {
    text name;
    uint8_t kind;
    uint64_t size;
} entry;

WORLD("console", "write") void world_console(int level, const char *at, size_t length);
WORLD("clock", "now") uint64_t world_now(void);
WORLD("waiting", "wait") void world_wait(const uint32_t *tickets, size_t count, int some, uint64_t until, uint32_t *out);
WORLD("artifacts", "write")
void world_artifact(const char *, size_t, const char *, size_t, const char *, size_t, answer *out);
WORLD("kv", "start") uint32_t world_kv_start(int what, const char *, size_t, const char *, size_t);
WORLD("kv", "start-replace")
uint32_t world_kv_replace(const char *, size_t, int, const char *, size_t, int, const char *, size_t);
WORLD("kv", "start-page") uint32_t world_kv_page(const char *, size_t, const char *, size_t, uint32_t most);
WORLD("kv", "take") void world_kv_take(uint32_t ticket, answer *out);
WORLD("files", "start")
uint32_t world_files_start(int what, const char *, size_t, uint64_t from, size_t some, uint64_t length);
WORLD("files", "start-page") uint32_t world_files_page(const char *, size_t, const char *, size_t, uint32_t most);
WORLD("files", "take") void world_files_take(uint32_t ticket, file_answer *out);
WORLD("http", "start")
uint32_t world_http_start(const char *, size_t, const char *, size_t, const pair *, size_t, int, const char *, size_t, int);
WORLD("http", "take") void world_http_take(uint32_t ticket, answer *out);
WORLD("tools", "start") uint32_t world_tools_start(const char *, size_t, const char *, size_t);
WORLD("tools", "take") void world_tools_take(uint32_t ticket, answer *out);
WORLD("human", "start") uint32_t world_human_start(const char *, size_t, const text *, size_t);
WORLD("human", "take") void world_human_take(uint32_t ticket, answer *out);

// ---- From the host's memory to Python.

/// Frees a list or text of the host's. An empty one may be anywhere.
static void let_go(const void *at, size_t length) {
    if (length) free((void *)at);
}

static PyObject *bytes_of(text given) {
    PyObject *made = PyBytes_FromStringAndSize(given.at, (Py_ssize_t)given.length);
    let_go(given.at, given.length);
    return made;
}

static PyObject *str_of(text given) {
    PyObject *made = PyUnicode_DecodeUTF8(given.at, (Py_ssize_t)given.length, "strict");
    let_go(given.at, given.length);
    return made;
}

static text text_at(const uint32_t *words) {
    return (text){(const char *)words[0], words[1]};
}

/// Makes a list out of `count` records, all of which are taken even if one fails.
static PyObject *list_of(const void *records, size_t size, size_t count, PyObject *each(const void *record)) {
    PyObject *list = PyList_New((Py_ssize_t)count);
    int failed = !list;
    for (size_t index = 0; index < count; index++) {
        PyObject *item = each((const char *)records + index * size);
        if (!item) failed = 1;
        if (list) PyList_SET_ITEM(list, (Py_ssize_t)index, item);
    }
    let_go(records, count);
    if (failed) Py_CLEAR(list);
    return list;
}

static PyObject *str_at(const void *record) {
    return str_of(*(const text *)record);
}

static PyObject *pair_at(const void *record) {
    const pair *both = record;
    PyObject *name = str_of(both->name), *value = str_of(both->value);
    PyObject *made = name && value ? PyTuple_Pack(2, name, value) : NULL;
    Py_XDECREF(name);
    Py_XDECREF(value);
    return made;
}

static PyObject *entry_of(const entry *one) {
    PyObject *name = str_of(one->name);
    return name ? Py_BuildValue("(NiK)", name, (int)one->kind, (unsigned long long)one->size) : NULL;
}

static PyObject *entry_at(const void *record) {
    return entry_of(record);
}

/// What the world's `failure` becomes: it is called with kind, text, request and rule, and gives an exception.
static PyObject *failure;

static const char *const KINDS[] = {"denied", "exhausted", "not-found", "invalid", "too-large", "timed-out", "other"};

/// Raises a `failure`, whose case and texts these are.
static PyObject *raise(unsigned kind, const uint32_t *texts) {
    PyObject *parts[3] = {NULL, NULL, NULL};
    int count = kind == 0 ? 3 : 1;
    for (int index = 0; index < count; index++) parts[index] = str_of(text_at(texts + 2 * index));
    for (int index = count; index < 3; index++) parts[index] = PyUnicode_FromString("");
    PyObject *error = NULL;
    if (parts[0] && parts[1] && parts[2] && failure)
        error = PyObject_CallFunction(failure, "sOOO", KINDS[kind % 7], parts[0], parts[1], parts[2]);
    for (int index = 0; index < 3; index++) Py_XDECREF(parts[index]);
    if (error) PyErr_SetObject((PyObject *)Py_TYPE(error), error);
    else if (!PyErr_Occurred()) PyErr_SetString(PyExc_RuntimeError, "a request failed while the engine was started");
    Py_XDECREF(error);
    return NULL;
}

static PyObject *raise_answer(const answer *out) {
    return raise((uint8_t)out->words[0], out->words + 1);
}

// ---- From Python to the host.

static int ticket_of(PyObject *given, uint32_t *ticket) {
    unsigned long value = PyLong_AsUnsignedLong(given);
    if (PyErr_Occurred()) return 0;
    *ticket = (uint32_t)value;
    return 1;
}

/// Bytes, or `None`.
static int optional_of(PyObject *given, optional *made) {
    *made = (optional){0, NULL, 0};
    if (given == Py_None) return 1;
    char *at;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(given, &at, &length)) return 0;
    *made = (optional){1, at, (size_t)length};
    return 1;
}

static int text_of(PyObject *given, text *made) {
    Py_ssize_t length;
    made->at = PyUnicode_AsUTF8AndSize(given, &length);
    made->length = (size_t)length;
    return made->at != NULL;
}

// ---- At once.

static PyObject *console(PyObject *self, PyObject *args) {
    int level;
    text line;
    if (!PyArg_ParseTuple(args, "is#:console", &level, &line.at, &line.length)) return NULL;
    if (level < 0 || level > 4) return PyErr_Format(PyExc_ValueError, "there is no level %d", level);
    world_console(level, line.at, line.length);
    Py_RETURN_NONE;
}

static PyObject *now(PyObject *self, PyObject *none) {
    return PyLong_FromUnsignedLongLong(world_now());
}

static PyObject *artifact(PyObject *self, PyObject *args) {
    text name, type, bytes;
    answer out;
    if (!PyArg_ParseTuple(args, "s#s#y#:artifact", &name.at, &name.length, &type.at, &type.length, &bytes.at, &bytes.length))
        return NULL;
    world_artifact(name.at, name.length, type.at, type.length, bytes.at, bytes.length, &out);
    return out.failed ? raise_answer(&out) : Py_NewRef(Py_None);
}

/// Waits for one of the tickets, or until a moment in nanoseconds.
static PyObject *wait(PyObject *self, PyObject *args) {
    PyObject *list, *moment = Py_None;
    if (!PyArg_ParseTuple(args, "O!|O:wait", &PyList_Type, &list, &moment)) return NULL;
    size_t count = (size_t)PyList_GET_SIZE(list);
    if (!count && moment == Py_None)
        return PyErr_Format(PyExc_ValueError, "nothing is waited for: there is neither a request nor a moment");
    uint64_t until = moment == Py_None ? 0 : PyLong_AsUnsignedLongLong(moment);
    if (PyErr_Occurred()) return NULL;
    uint32_t *tickets = PyMem_Calloc(count + 1, sizeof *tickets);
    if (!tickets) return PyErr_NoMemory();
    for (size_t index = 0; index < count; index++) {
        if (!ticket_of(PyList_GET_ITEM(list, (Py_ssize_t)index), &tickets[index])) {
            PyMem_Free(tickets);
            return NULL;
        }
    }
    uint32_t out[2];
    world_wait(tickets, count, moment != Py_None, until, out);
    PyMem_Free(tickets);
    return (uint8_t)out[0] ? PyLong_FromUnsignedLong(out[1]) : Py_NewRef(Py_None);
}

// ---- Keys.

static PyObject *kv_start(PyObject *self, PyObject *args) {
    int what;
    text key, value = {NULL, 0};
    if (!PyArg_ParseTuple(args, "is#|y#:kv_start", &what, &key.at, &key.length, &value.at, &value.length)) return NULL;
    return PyLong_FromUnsignedLong(world_kv_start(what, key.at, key.length, value.at, value.length));
}

static PyObject *kv_replace(PyObject *self, PyObject *args) {
    text key;
    PyObject *expected, *value;
    optional old, new;
    if (!PyArg_ParseTuple(args, "s#OO:kv_replace", &key.at, &key.length, &expected, &value)) return NULL;
    if (!optional_of(expected, &old) || !optional_of(value, &new)) return NULL;
    uint32_t ticket =
        world_kv_replace(key.at, key.length, old.some, old.at, old.length, new.some, new.at, new.length);
    return PyLong_FromUnsignedLong(ticket);
}

static PyObject *kv_page(PyObject *self, PyObject *args) {
    text prefix, after;
    unsigned most;
    if (!PyArg_ParseTuple(args, "s#s#I:kv_page", &prefix.at, &prefix.length, &after.at, &after.length, &most)) return NULL;
    return PyLong_FromUnsignedLong(world_kv_page(prefix.at, prefix.length, after.at, after.length, most));
}

static PyObject *kv_take(PyObject *self, PyObject *given) {
    uint32_t ticket;
    answer out;
    if (!ticket_of(given, &ticket)) return NULL;
    world_kv_take(ticket, &out);
    if (out.failed) return raise_answer(&out);
    const uint32_t *rest = out.words + 1;
    switch ((uint8_t)out.words[0]) {
        case 0: return (uint8_t)rest[0] ? bytes_of(text_at(rest + 1)) : Py_NewRef(Py_None);
        case 2: return list_of((const void *)rest[0], sizeof(text), rest[1], str_at);
        case 3: return PyBool_FromLong((uint8_t)rest[0]);
        default: Py_RETURN_NONE;
    }
}

// ---- Files.

/// Reading: path, offset, length or `None`.
static PyObject *files_read(PyObject *self, PyObject *args) {
    text path;
    unsigned long long from;
    PyObject *given;
    if (!PyArg_ParseTuple(args, "s#KO:files_read", &path.at, &path.length, &from, &given)) return NULL;
    unsigned long long length = given == Py_None ? 0 : PyLong_AsUnsignedLongLong(given);
    if (PyErr_Occurred()) return NULL;
    return PyLong_FromUnsignedLong(world_files_start(0, path.at, path.length, from, given != Py_None, length));
}

/// Writing: path, bytes, and 0 to create, 1 to replace, 2 to append.
static PyObject *files_write(PyObject *self, PyObject *args) {
    text path, bytes;
    int mode;
    if (!PyArg_ParseTuple(args, "s#y#i:files_write", &path.at, &path.length, &bytes.at, &bytes.length, &mode)) return NULL;
    if (mode < 0 || mode > 2) return PyErr_Format(PyExc_ValueError, "there is no mode %d", mode);
    uint32_t ticket =
        world_files_start(1, path.at, path.length, (size_t)bytes.at, bytes.length, (uint64_t)mode);
    return PyLong_FromUnsignedLong(ticket);
}

/// What consists of a path: 2 lists, 3 tells what it is, 4 removes, 5 makes a directory.
static PyObject *files_start(PyObject *self, PyObject *args) {
    int what;
    text path;
    if (!PyArg_ParseTuple(args, "is#:files_start", &what, &path.at, &path.length)) return NULL;
    if (what < 2 || what > 5) return PyErr_Format(PyExc_ValueError, "there is no request %d", what);
    return PyLong_FromUnsignedLong(world_files_start(what, path.at, path.length, 0, 0, 0));
}

static PyObject *files_page(PyObject *self, PyObject *args) {
    text path, after;
    unsigned most;
    if (!PyArg_ParseTuple(args, "s#s#I:files_page", &path.at, &path.length, &after.at, &after.length, &most)) return NULL;
    return PyLong_FromUnsignedLong(world_files_page(path.at, path.length, after.at, after.length, most));
}

static PyObject *files_take(PyObject *self, PyObject *given) {
    uint32_t ticket;
    file_answer out;
    if (!ticket_of(given, &ticket)) return NULL;
    world_files_take(ticket, &out);
    // A failure lies in words of four bytes behind its case.
    if (out.failed) return raise((uint8_t)out.words[0], (const uint32_t *)&out.words[0] + 1);
    const uint32_t *rest = (const uint32_t *)&out.words[1];
    switch ((uint8_t)out.words[0]) {
        case 0: return bytes_of(text_at(rest));
        case 2: return list_of((const void *)rest[0], sizeof(entry), rest[1], entry_at);
        case 3: return entry_of((const entry *)rest);
        default: Py_RETURN_NONE;
    }
}

// ---- HTTP.

/// Method, URL, list of pairs, bytes or `None`, and 0 to follow redirects, 1 to take them, 2 to fail.
static PyObject *http_start(PyObject *self, PyObject *args) {
    text method, url;
    PyObject *list, *given;
    optional body;
    int redirect;
    if (!PyArg_ParseTuple(args, "s#s#O!Oi:http_start", &method.at, &method.length, &url.at, &url.length, &PyList_Type, &list,
                          &given, &redirect))
        return NULL;
    if (!optional_of(given, &body)) return NULL;
    if (redirect < 0 || redirect > 2) return PyErr_Format(PyExc_ValueError, "there is no redirect %d", redirect);
    size_t count = (size_t)PyList_GET_SIZE(list);
    pair *headers = PyMem_Calloc(count + 1, sizeof *headers);
    if (!headers) return PyErr_NoMemory();
    for (size_t index = 0; index < count; index++) {
        PyObject *item = PyList_GET_ITEM(list, (Py_ssize_t)index);
        if (!PyTuple_Check(item) || PyTuple_GET_SIZE(item) != 2) {
            PyErr_SetString(PyExc_TypeError, "a header is a pair of texts");
        } else if (text_of(PyTuple_GET_ITEM(item, 0), &headers[index].name) &&
                   text_of(PyTuple_GET_ITEM(item, 1), &headers[index].value)) {
            continue;
        }
        PyMem_Free(headers);
        return NULL;
    }
    uint32_t ticket = world_http_start(method.at, method.length, url.at, url.length, headers, count, body.some, body.at,
                                       body.length, redirect);
    PyMem_Free(headers);
    return PyLong_FromUnsignedLong(ticket);
}

static PyObject *http_take(PyObject *self, PyObject *given) {
    uint32_t ticket;
    answer out;
    if (!ticket_of(given, &ticket)) return NULL;
    world_http_take(ticket, &out);
    if (out.failed) return raise_answer(&out);
    const uint32_t *words = out.words;
    PyObject *url = str_of(text_at(words + 1));
    PyObject *headers = list_of((const void *)words[3], sizeof(pair), words[4], pair_at);
    PyObject *body = bytes_of(text_at(words + 5));
    PyObject *made = url && headers && body ? Py_BuildValue("(iOOO)", (int)(uint16_t)words[0], url, headers, body) : NULL;
    Py_XDECREF(url);
    Py_XDECREF(headers);
    Py_XDECREF(body);
    return made;
}

// ---- Tools and people.

static PyObject *tools_start(PyObject *self, PyObject *args) {
    text name, input;
    if (!PyArg_ParseTuple(args, "s#s#:tools_start", &name.at, &name.length, &input.at, &input.length)) return NULL;
    return PyLong_FromUnsignedLong(world_tools_start(name.at, name.length, input.at, input.length));
}

static PyObject *human_start(PyObject *self, PyObject *args) {
    text question;
    PyObject *list;
    if (!PyArg_ParseTuple(args, "s#O!:human_start", &question.at, &question.length, &PyList_Type, &list)) return NULL;
    size_t count = (size_t)PyList_GET_SIZE(list);
    text *choices = PyMem_Calloc(count + 1, sizeof *choices);
    if (!choices) return PyErr_NoMemory();
    for (size_t index = 0; index < count; index++) {
        if (text_of(PyList_GET_ITEM(list, (Py_ssize_t)index), &choices[index])) continue;
        PyMem_Free(choices);
        return NULL;
    }
    uint32_t ticket = world_human_start(question.at, question.length, choices, count);
    PyMem_Free(choices);
    return PyLong_FromUnsignedLong(ticket);
}

static PyObject *take_text(PyObject *given, void take(uint32_t, answer *)) {
    uint32_t ticket;
    answer out;
    if (!ticket_of(given, &ticket)) return NULL;
    take(ticket, &out);
    return out.failed ? raise_answer(&out) : str_of(text_at(out.words));
}

static PyObject *tools_take(PyObject *self, PyObject *given) {
    return take_text(given, world_tools_take);
}

static PyObject *human_take(PyObject *self, PyObject *given) {
    return take_text(given, world_human_take);
}

/// Says what makes an exception of a failure.
static PyObject *failures(PyObject *self, PyObject *given) {
    Py_XSETREF(failure, Py_NewRef(given));
    Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
    {"artifact", artifact, METH_VARARGS, NULL},
    {"console", console, METH_VARARGS, NULL},
    {"failures", failures, METH_O, NULL},
    {"files_page", files_page, METH_VARARGS, NULL},
    {"files_read", files_read, METH_VARARGS, NULL},
    {"files_start", files_start, METH_VARARGS, NULL},
    {"files_take", files_take, METH_O, NULL},
    {"files_write", files_write, METH_VARARGS, NULL},
    {"http_start", http_start, METH_VARARGS, NULL},
    {"http_take", http_take, METH_O, NULL},
    {"human_start", human_start, METH_VARARGS, NULL},
    {"human_take", human_take, METH_O, NULL},
    {"kv_page", kv_page, METH_VARARGS, NULL},
    {"kv_replace", kv_replace, METH_VARARGS, NULL},
    {"kv_start", kv_start, METH_VARARGS, NULL},
    {"kv_take", kv_take, METH_O, NULL},
    {"now", now, METH_NOARGS, NULL},
    {"tools_start", tools_start, METH_VARARGS, NULL},
    {"tools_take", tools_take, METH_O, NULL},
    {"wait", wait, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, .m_name = "_belljar", .m_size = -1, .m_methods = methods};

PyObject *PyInit__belljar(void) {
    return PyModule_Create(&definition);
}
