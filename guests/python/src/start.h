// Starting CPython, which knows nothing of a file system, an environment or a user.
#ifndef BELLJAR_START_H
#define BELLJAR_START_H

/// Starts the interpreter: with its library, or with the bare compiler. What goes wrong is shown on the console and ends it.
void belljar_start(int with_library);

/// Shows the current exception on the console and traps.
_Noreturn void belljar_die(void);

/// Forgets the code of library modules that are imported already, so that a snapshot does not hold it twice.
void belljar_forget_imported(void);

#endif
