/* settings.cpp - reads the environment variables of the emulation, once. */
#include "emulation/settings.h"

#include <cstdlib>
#include <string>

namespace gpu_emulation
{

static long from_environment(const char *name, long otherwise)
{
    const char *text = getenv((std::string("ST_EMULATION_") + name).c_str());
    return text != nullptr && *text != '\0' ? strtol(text, nullptr, 10) : otherwise;
}

Settings &settings()
{
    static Settings read = {
        from_environment("SEED", 0),
        from_environment("WORKERS", 1),
        from_environment("RESIDENT", 0),
        from_environment("PREEMPT", 8),
        from_environment("DEVICES", 1),
        from_environment("MEMORY_MB", 4096),
        from_environment("SPIN_LIMIT", 50000000),
        from_environment("STACK_KB", 256),
    };
    return read;
}

} // namespace gpu_emulation
