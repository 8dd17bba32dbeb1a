/* find.h - the events of a recording in memory: pass 1 on the CPU, then pass 2 and 3.
 * For the tests of event detection. */
#ifndef ST_TESTS_DETECT_FIND_H
#define ST_TESTS_DETECT_FIND_H

#include <algorithm>
#include <random>

#include "cpu/record.h"

extern "C" {
#include "detect/event_list.h"
#include "detect/pass.h"
}

struct Settings : st_settings {
    Settings() : st_settings() { st_settings_default(this); }
};

struct ListDeleter {
    void operator()(st_event_list *list) const { st_event_list_close(list); }
};
using List = std::unique_ptr<st_event_list, ListDeleter>;

inline List open_list(st_context *ctx, const st_settings &settings)
{
    st_event_list *list = nullptr;
    EXPECT_EQ(st_event_list_open(ctx, settings.max_events, &list), ST_OK);
    return List(list);
}

/* A finished pass 1. */
class Pass
{
  public:
    Pass(st_context *ctx, const Record &record, const st_settings &settings, double step_w = 0.0)
        : settings_(settings)
    {
        st_trace_info info = {};
        info.racks = record.racks;
        info.samples = record.samples;
        info.period_ns = record.period_ns;
        info.rate_hz = 1e9 / static_cast<double>(record.period_ns);
        info.offset_w = record.offset_w.data();
        info.step_w = step_w;
        st_plan *plan = nullptr;
        EXPECT_EQ(st_plan_create(ctx, &info, &settings, &plan), ST_OK) << st_context_message(ctx);
        plan_.reset(plan);
        EXPECT_EQ(st_scratch_open(ctx, testing::TempDir().c_str(), &scratch_), ST_OK);
        pass_.backend = &st_backend_cpu;
        pass_.plan = plan;
        pass_.source = {&record, record_read};
        pass_.stage = "detect";
        EXPECT_EQ(st_pass_run(ctx, scratch_, &pass_), ST_OK) << st_context_message(ctx);
    }
    Pass(const Pass &) = delete;
    ~Pass()
    {
        st_pass_close(&pass_);
        st_scratch_close(scratch_);
    }
    st_event_input input(int64_t first_rack = 0) const
    {
        return {plan_.get(),  &settings_, &pass_.features, &pass_.sums,
                pass_.source, first_rack, "events"};
    }
    const st_plan &plan() const { return *plan_; }

  private:
    st_settings settings_;
    Plan plan_;
    st_scratch *scratch_ = nullptr;
    st_pass pass_ = {};
};

inline std::vector<st_event> find_events(const Record &record, const st_settings &settings,
                                         double step_w = 0.0)
{
    const Context ctx(st_context_create());
    const Pass pass(ctx.get(), record, settings, step_w);
    const List list = open_list(ctx.get(), settings);
    const st_event_input input = pass.input();
    EXPECT_EQ(st_events_find(ctx.get(), &input, list.get()), ST_OK)
        << st_context_message(ctx.get());
    EXPECT_EQ(st_events_finish(ctx.get(), list.get()), ST_OK) << st_context_message(ctx.get());
    return {list->event, list->event + list->count};
}

#endif
