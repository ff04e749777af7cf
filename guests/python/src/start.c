#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <internal/pycore_import.h>
#include <internal/pycore_initconfig.h>
#include <time.h>

#include "start.h"

// The library as marshalled code: `belljar_bootstrap` is what CPython begins with, `belljar_library` the rest.
#include "frozen.h"

static const struct _frozen none[] = {{0}};
static const struct _module_alias no_alias[] = {{0}};

const struct _frozen *_PyImport_FrozenBootstrap = belljar_bootstrap;
const struct _frozen *_PyImport_FrozenStdlib = belljar_library;
const struct _frozen *_PyImport_FrozenTest = none;
const struct _module_alias *_PyImport_FrozenAliases = no_alias;
const struct _frozen *PyImport_FrozenModules = NULL;

extern void belljar_wasi_flush(void);

/// There are no paths: everything is in the module.
PyStatus _PyConfig_InitPathConfig(PyConfig *config, int compute) {
    (void)config, (void)compute;
    return PyStatus_Ok();
}

_Noreturn void belljar_die(void) {
    if (PyErr_Occurred()) PyErr_Print();
    belljar_wasi_flush();
    __builtin_trap();
}

/// The local time is UTC. The libc's own function leaves the zone as it finds it.
struct tm *localtime_r(const time_t *restrict moment, struct tm *restrict result) {
    if (!gmtime_r(moment, result)) return NULL;
    result->tm_isdst = 0;
    result->tm_gmtoff = 0;
    result->tm_zone = "UTC";
    return result;
}

static void must(PyStatus status) {
    if (!PyStatus_Exception(status)) return;
    fprintf(stderr, "the interpreter does not start: %s: %s\n", status.func ? status.func : "", status.err_msg ? status.err_msg : "");
    fflush(stderr);
    belljar_die();
}

static void set(PyConfig *config, wchar_t **option, const wchar_t *value) {
    must(PyConfig_SetString(config, option, value));
}

/// The linker's: what of the libc has to run before anything else, such as finding the directories that are there.
extern void __wasm_call_ctors(void);

void belljar_start(int with_library) {
    __wasm_call_ctors();
    PyPreConfig before;
    PyPreConfig_InitIsolatedConfig(&before);
    before.utf8_mode = 1;
    must(Py_PreInitialize(&before));
    PyConfig config;
    PyConfig_InitIsolatedConfig(&config);
    config.site_import = 0;
    config.install_signal_handlers = 0;
    config.write_bytecode = 0;
    config.module_search_paths_set = 1;
    // The same program has the same order of sets everywhere.
    config.use_hash_seed = 1;
    config.hash_seed = 0;
    // Columns are for the frames of the tool; those of the library are never shown.
    config.code_debug_ranges = with_library;
    config._install_importlib = with_library;
    config._init_main = with_library;
    config.use_frozen_modules = 1;
    set(&config, &config.executable, L"");
    set(&config, &config.base_executable, L"");
    set(&config, &config.prefix, L"/");
    set(&config, &config.base_prefix, L"/");
    set(&config, &config.exec_prefix, L"/");
    set(&config, &config.base_exec_prefix, L"/");
    set(&config, &config.platlibdir, L"lib");
    set(&config, &config.stdio_encoding, L"utf-8");
    set(&config, &config.stdio_errors, L"backslashreplace");
    must(Py_InitializeFromConfig(&config));
    PyConfig_Clear(&config);
}

void belljar_forget_imported(void) {
    PyObject *modules = PyImport_GetModuleDict();
    for (struct _frozen *one = belljar_library; one->name; one++) {
        if (!PyDict_GetItemString(modules, one->name)) continue;
        memset((void *)one->code, 0, (size_t)one->size);
        // Whoever wants it once more does not find it, in place of finding zeros.
        one->name = "";
    }
}
