/* runtime.cpp - the emulated device's memory, streams, events and errors.
 * A stream is a queue: work runs only when something waits for it. Even seeds run only what the
 * waited-for stream needs, so that a missing event shows at once; odd seeds mix streams at random.
 * Pageable sources are staged at the call, pinned ones are read late, as on a GPU. Device memory is
 * heap memory filled with 0xFF (NaN); copies are checked against bounds and direction.
 * Compiled without -fsanitize. */
#include "emulation/runtime_api.h"

#include <cstdio>
#include <cstdlib>
#include <deque>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "emulation/control.h"
#include "emulation/scheduler.h"
#include "emulation/settings.h"

#undef blockIdx
#undef threadIdx
#undef blockDim
#undef gridDim

struct gpu_emulation_stream {
    struct Work {
        std::function<void()> run;
        std::shared_ptr<bool> after; /* an event that must have happened */
    };
    std::deque<Work> queue;
    bool blocking; /* ordered with the default stream */
};
struct gpu_emulation_event {
    std::shared_ptr<bool> happened;
    cudaStream_t stream = nullptr;
};

namespace
{

using gpu_emulation::fail;
using gpu_emulation::settings;

struct Allocation {
    size_t bytes;
    bool pinned;
};

struct Device {
    std::recursive_mutex lock;
    gpu_emulation_stream default_stream{{}, true};
    std::vector<cudaStream_t> streams{&default_stream};
    std::map<char *, Allocation> memory;
    std::unordered_map<const void *, int> shared_allowed; /* bytes of dynamic shared memory */
    cudaError_t last_error = cudaSuccess;
    bool faulted = false;
    size_t used_bytes = 0;
    uint64_t random = 0;
    long allocations_until_failure = 0, kernels_until_fault = 0;
    uint64_t streams_and_events = 0;
    gpu_emulation::Counts counts{};
};

Device &device()
{
    static Device *one = new Device; /* never destroyed: streams may outlive main */
    return *one;
}

#define LOCK_DEVICE std::lock_guard<std::recursive_mutex> locked(device().lock)
#define REFUSE_AFTER_FAULT                       \
    LOCK_DEVICE;                                 \
    if (device().faulted) {                      \
        return remember(cudaErrorLaunchFailure); \
    }

cudaError_t remember(cudaError_t error)
{
    if (error != cudaSuccess) {
        device().last_error = error;
    }
    return error;
}

cudaError_t outcome()
{
    return device().faulted ? remember(cudaErrorLaunchFailure) : cudaSuccess;
}

/* ---- queues ------------------------------------------------------------------------------- */

cudaStream_t stream_or_default(cudaStream_t stream)
{
    return stream != nullptr ? stream : &device().default_stream;
}

cudaStream_t pick_stream(cudaStream_t wanted)
{
    std::vector<cudaStream_t> able;
    for (cudaStream_t stream : device().streams) {
        if (!stream->queue.empty()) {
            const std::shared_ptr<bool> &after = stream->queue.front().after;
            if (after == nullptr || *after || device().faulted) {
                if (stream == wanted && settings().seed % 2 == 0) {
                    return stream;
                }
                able.push_back(stream);
            }
        }
    }
    if (able.empty()) {
        fail("streams wait for an event that is never recorded");
    }
    uint64_t &random = device().random;
    random = random * 6364136223846793005ull + 1442695040888963407ull;
    return able[settings().random() ? (random >> 33) % able.size() : 0];
}

/* Runs queued work until `finished()`. */
template <class F> void drain(F finished, cudaStream_t wanted = nullptr)
{
    while (!finished()) {
        cudaStream_t stream = pick_stream(wanted);
        gpu_emulation_stream::Work work = std::move(stream->queue.front());
        stream->queue.pop_front();
        if (work.run && !device().faulted) {
            work.run();
        }
    }
}

bool all_idle()
{
    for (cudaStream_t stream : device().streams) {
        if (!stream->queue.empty()) {
            return false;
        }
    }
    return true;
}

/* The default stream waits for all blocking streams, and they for it. */
void enqueue(cudaStream_t stream, std::function<void()> run, std::shared_ptr<bool> after = nullptr)
{
    cudaStream_t common = &device().default_stream;
    stream = stream_or_default(stream);
    if (stream == common) {
        drain([common] {
            for (cudaStream_t other : device().streams) {
                if (other != common && other->blocking && !other->queue.empty()) {
                    return false;
                }
            }
            return true;
        });
    } else if (stream->blocking) {
        drain([common] { return common->queue.empty(); });
    }
    stream->queue.push_back({std::move(run), std::move(after)});
}

/* ---- memory ------------------------------------------------------------------------------- */

const std::pair<char *const, Allocation> *find(const void *address)
{
    char *at = static_cast<char *>(const_cast<void *>(address));
    auto next = device().memory.upper_bound(at);
    if (next == device().memory.begin()) {
        return nullptr;
    }
    --next;
    return at < next->first + next->second.bytes ? &*next : nullptr;
}

/* Whether memory of the device starts here; it must then hold all of `bytes`. */
bool on_device(const void *address, size_t bytes, const char *what)
{
    const auto *allocation = find(address);
    if (allocation == nullptr || allocation->second.pinned) {
        return false;
    }
    const char *end = static_cast<const char *>(address) + bytes;
    const char *allowed = allocation->first + allocation->second.bytes;
    if (end > allowed) {
        fail("the %s runs %zu bytes past the end of a device allocation", what,
             static_cast<size_t>(end - allowed));
    }
    return true;
}

void copy_rows(char *to, size_t to_pitch, const char *from, size_t from_pitch, size_t width,
               size_t height)
{
    for (size_t row = 0; row < height; row++) {
        memcpy(to + row * to_pitch, from + row * from_pitch, width);
    }
}

cudaError_t release(void *memory, bool pinned)
{
    LOCK_DEVICE;
    cudaDeviceSynchronize();
    if (memory == nullptr) {
        return outcome();
    }
    const auto at = device().memory.find(static_cast<char *>(memory));
    if (at == device().memory.end() || at->second.pinned != pinned) {
        return remember(cudaErrorInvalidValue);
    }
    if (!pinned) {
        device().used_bytes -= at->second.bytes;
    }
    device().memory.erase(at);
    free(memory);
    return outcome();
}

} // namespace

namespace gpu_emulation
{

cudaError_t allocate(void **memory, size_t bytes, bool pinned)
{
    REFUSE_AFTER_FAULT
    Device &d = device();
    *memory = nullptr;
    d.counts.allocations++;
    if (d.allocations_until_failure > 0 && --d.allocations_until_failure == 0) {
        return remember(cudaErrorMemoryAllocation);
    }
    const size_t capacity = static_cast<size_t>(settings().memory_mb) << 20;
    if (!pinned && (bytes > capacity || d.used_bytes > capacity - bytes)) {
        return remember(cudaErrorMemoryAllocation);
    }
    if (bytes == 0) {
        return cudaSuccess;
    }
    if (posix_memalign(memory, 256, bytes) != 0) {
        return remember(cudaErrorMemoryAllocation);
    }
    memset(*memory, 0xFF, bytes);
    d.memory[static_cast<char *>(*memory)] = {bytes, pinned};
    d.used_bytes += pinned ? 0 : bytes;
    return cudaSuccess;
}

cudaError_t allow_shared(const void *kernel, int attribute, int bytes)
{
    REFUSE_AFTER_FAULT
    cudaDeviceProp properties;
    cudaGetDeviceProperties(&properties, 0);
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || bytes < 0 ||
        static_cast<size_t>(bytes) > properties.sharedMemPerBlockOptin) {
        return remember(cudaErrorInvalidValue);
    }
    device().shared_allowed[kernel] = bytes;
    return cudaSuccess;
}

cudaError_t launch(dim3 grid, dim3 block, size_t shared_bytes, cudaStream_t stream,
                   const void *kernel, std::function<void()> body)
{
    REFUSE_AFTER_FAULT
    Device &d = device();
    const uint64_t threads = static_cast<uint64_t>(block.x) * block.y * block.z;
    if (threads == 0 || threads > 1024 || block.z > 64 || grid.x == 0 || grid.y == 0 ||
        grid.z == 0 || grid.x > 0x7fffffffu || grid.y > 65535 || grid.z > 65535) {
        return remember(cudaErrorInvalidConfiguration);
    }
    const auto allowed = d.shared_allowed.find(kernel);
    if (shared_bytes > (allowed == d.shared_allowed.end()
                            ? 49152u
                            : static_cast<size_t>(std::max(allowed->second, 49152)))) {
        return remember(cudaErrorInvalidValue);
    }
    auto work = std::make_shared<Launch>();
    work->body = std::move(body);
    work->grid = grid;
    work->block = block;
    work->shared_bytes = shared_bytes;
    d.counts.kernels++;
    const bool breaks = d.kernels_until_fault > 0 && --d.kernels_until_fault == 0;
    enqueue(stream, [work, breaks] {
        if (breaks) {
            device().faulted = true;
        } else {
            run_grid(*work);
        }
    });
    return cudaSuccess;
}

/* ---- what tests ask for (control.h) ------------------------------------------------------- */

void reseed(long seed)
{
    LOCK_DEVICE;
    if (!all_idle()) {
        fail("the schedule was changed while work was queued");
    }
    settings().seed = seed;
    device().random = 0x12345 + static_cast<uint64_t>(seed) * 7919;
    forget_workers();
}

long seed()
{
    return settings().seed;
}

void fail_allocation(long n)
{
    device().allocations_until_failure = n;
}

void fail_kernel(long n)
{
    device().kernels_until_fault = n;
}

void recover()
{
    LOCK_DEVICE;
    drain(all_idle);
    device().faulted = false;
    device().shared_allowed.clear();
    device().last_error = cudaSuccess;
    device().kernels_until_fault = device().allocations_until_failure = 0;
}

void set_devices(int devices)
{
    settings().devices = devices;
}

Counts counts()
{
    LOCK_DEVICE;
    Counts counts = device().counts;
    counts.live = device().memory.size() + device().streams_and_events;
    return counts;
}

} // namespace gpu_emulation

/* ---- the runtime API ---------------------------------------------------------------------- */

cudaError_t cudaFree(void *memory)
{
    return release(memory, false);
}

cudaError_t cudaFreeHost(void *memory)
{
    return release(memory, true);
}

cudaError_t cudaMemcpy2DAsync(void *to, size_t to_pitch, const void *from, size_t from_pitch,
                              size_t width, size_t height, cudaMemcpyKind kind, cudaStream_t stream)
{
    REFUSE_AFTER_FAULT
    if (width > to_pitch || width > from_pitch) {
        return remember(cudaErrorInvalidValue);
    }
    if (height == 0 || width == 0) {
        return cudaSuccess;
    }
    const bool to_device = on_device(to, to_pitch * (height - 1) + width, "destination of a copy");
    const bool from_device = on_device(from, from_pitch * (height - 1) + width, "source of a copy");
    const bool named_to = kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    const bool named_from = kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    if (kind != cudaMemcpyDefault && (to_device != named_to || from_device != named_from)) {
        return remember(cudaErrorInvalidValue);
    }
    gpu_emulation::Counts &counts = device().counts;
    (to_device ? from_device ? counts.on_device_bytes : counts.to_device_bytes
               : counts.to_host_bytes) += width * height;

    char *target = static_cast<char *>(to);
    const char *source = static_cast<const char *>(from);
    if (!from_device && find(from) == nullptr) {
        auto staged = std::make_shared<std::vector<char>>(width * height);
        copy_rows(staged->data(), width, source, from_pitch, width, height);
        enqueue(stream, [=] { copy_rows(target, to_pitch, staged->data(), width, width, height); });
    } else {
        enqueue(stream, [=] { copy_rows(target, to_pitch, source, from_pitch, width, height); });
    }
    /* into pageable memory a copy is synchronous */
    return !to_device && find(to) == nullptr ? cudaStreamSynchronize(stream) : cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream)
{
    return cudaMemcpy2DAsync(to, bytes, from, bytes, bytes, 1, kind, stream);
}

cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind)
{
    LOCK_DEVICE;
    const cudaError_t error = cudaMemcpyAsync(to, from, bytes, kind, nullptr);
    return error != cudaSuccess ? error : cudaStreamSynchronize(nullptr);
}

cudaError_t cudaMemsetAsync(void *to, int value, size_t bytes, cudaStream_t stream)
{
    REFUSE_AFTER_FAULT
    if (bytes == 0) {
        return cudaSuccess;
    }
    if (!on_device(to, bytes, "memset")) {
        return remember(cudaErrorInvalidValue);
    }
    enqueue(stream, [=] { memset(to, value, bytes); });
    return cudaSuccess;
}

cudaError_t cudaMemset(void *to, int value, size_t bytes)
{
    return cudaMemsetAsync(to, value, bytes, nullptr);
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t *stream, unsigned flags)
{
    REFUSE_AFTER_FAULT
    *stream = new gpu_emulation_stream{{}, (flags & cudaStreamNonBlocking) == 0};
    device().streams.push_back(*stream);
    device().streams_and_events++;
    return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream)
{
    REFUSE_AFTER_FAULT
    cudaStream_t wanted = stream_or_default(stream);
    drain([wanted] { return wanted->queue.empty(); }, wanted);
    return outcome();
}

cudaError_t cudaStreamQuery(cudaStream_t stream)
{
    REFUSE_AFTER_FAULT
    return stream_or_default(stream)->queue.empty() ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream)
{
    LOCK_DEVICE;
    std::vector<cudaStream_t> &streams = device().streams;
    for (size_t i = 1; i < streams.size(); i++) {
        if (streams[i] == stream) {
            drain([stream] { return stream->queue.empty(); }, stream);
            streams[i] = streams.back();
            streams.pop_back();
            delete stream;
            device().streams_and_events--;
            return outcome();
        }
    }
    return remember(cudaErrorInvalidResourceHandle);
}

cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned)
{
    REFUSE_AFTER_FAULT
    enqueue(stream, nullptr, event->happened);
    return cudaSuccess;
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned)
{
    REFUSE_AFTER_FAULT
    *event = new gpu_emulation_event;
    device().streams_and_events++;
    return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event)
{
    LOCK_DEVICE;
    delete event;
    device().streams_and_events--;
    return outcome();
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream)
{
    REFUSE_AFTER_FAULT
    auto happened = std::make_shared<bool>(false);
    event->happened = happened;
    event->stream = stream_or_default(stream);
    enqueue(stream, [happened] { *happened = true; });
    return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event)
{
    REFUSE_AFTER_FAULT
    const std::shared_ptr<bool> happened = event->happened;
    if (happened != nullptr) {
        drain([happened] { return *happened || device().faulted; }, event->stream);
    }
    return outcome();
}

cudaError_t cudaEventQuery(cudaEvent_t event)
{
    REFUSE_AFTER_FAULT
    return event->happened == nullptr || *event->happened ? cudaSuccess : cudaErrorNotReady;
}

cudaError_t cudaDeviceSynchronize()
{
    LOCK_DEVICE;
    drain(all_idle);
    return outcome();
}

cudaError_t cudaGetLastError()
{
    LOCK_DEVICE;
    const cudaError_t error = device().last_error;
    device().last_error = cudaSuccess;
    return error;
}

cudaError_t cudaPeekAtLastError()
{
    LOCK_DEVICE;
    return device().last_error;
}

const char *cudaGetErrorString(cudaError_t error)
{
    switch (error) {
    case cudaSuccess: return "no error";
    case cudaErrorInvalidValue: return "invalid argument";
    case cudaErrorMemoryAllocation: return "out of memory";
    case cudaErrorInvalidConfiguration: return "invalid configuration argument";
    case cudaErrorInvalidMemcpyDirection: return "invalid copy direction for memcpy";
    case cudaErrorInsufficientDriver:
        return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorNoDevice: return "no CUDA-capable device is detected";
    case cudaErrorInvalidResourceHandle: return "invalid resource handle";
    case cudaErrorNotReady: return "device not ready";
    case cudaErrorLaunchFailure: return "unspecified launch failure";
    }
    return "unrecognized error code";
}

cudaError_t cudaGetDeviceCount(int *count)
{
    if (settings().devices == 0) {
        return remember(cudaErrorNoDevice); /* leaves *count alone, as CUDA does */
    }
    *count = static_cast<int>(settings().devices);
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int index)
{
    return remember(index >= 0 && index < settings().devices ? cudaSuccess : cudaErrorInvalidValue);
}

cudaError_t cudaGetDevice(int *index)
{
    *index = 0;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int)
{
    *properties = {};
    snprintf(properties->name, sizeof properties->name, "emulated on the CPU");
    properties->totalGlobalMem = static_cast<size_t>(settings().memory_mb) << 20;
    properties->sharedMemPerBlock = 49152;
    properties->sharedMemPerBlockOptin = 101376; /* the least of the GPUs that are built for */
    properties->warpSize = warpSize;
    properties->maxThreadsPerBlock = 1024;
    properties->major = 8;
    properties->multiProcessorCount = 4;
    return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total_bytes)
{
    REFUSE_AFTER_FAULT
    *total_bytes = static_cast<size_t>(settings().memory_mb) << 20;
    *free_bytes = *total_bytes - device().used_bytes;
    return cudaSuccess;
}
