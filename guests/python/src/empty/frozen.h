// The freezer has no library.
static struct _frozen belljar_bootstrap[] = {{0}};
static struct _frozen belljar_library[] = {{0}};
