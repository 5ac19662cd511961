/* An ONNX Runtime that says it was built for NVIDIA's GPUs and then finds no driver, as on a machine without one:
   everything is done by the real library REAL, but for the calls that a session needs to get a GPU. */
#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

typedef struct {
    const void *(*get_api)(unsigned version);
    const char *(*get_version)(void);
} Base;
typedef void *(*Function)(void);

static Function table[FUNCTIONS];
static const Base *real;

static void *refuse(void) {
    void *(*create_status)(int code, const char *message) =
        (void *(*)(int, const char *))table[CREATE_STATUS];
    return create_status(1, "libcudart.so.12: cannot open shared object file: No such file or directory");
}

static char *names[] = {"TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"};

static void *providers(char ***out, int *count) {
    *out = names;
    *count = 3;
    return NULL;
}

static void *release(char **unused, int count) {
    (void)unused;
    (void)count;
    return NULL;
}

static const void *get_api(unsigned version) {
    const void *api = real->get_api(version);
    if (!api) {
        return NULL;
    }
    memcpy(table, api, sizeof table);
    table[GET_PROVIDERS] = (Function)providers;
    table[RELEASE_PROVIDERS] = (Function)release;
    table[CREATE_CUDA] = refuse;
    table[CREATE_TENSORRT] = refuse;
    return table;
}

static const char *get_version(void) { return real->get_version(); }

static const Base base = {get_api, get_version};

const Base *OrtGetApiBase(void) {
    void *library = dlopen(REAL, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        return NULL;
    }
    const Base *(*get_base)(void) = (const Base *(*)(void))dlsym(library, "OrtGetApiBase");
    real = get_base();
    return &base;
}
