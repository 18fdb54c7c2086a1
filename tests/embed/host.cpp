// A host in C++: every header together, a lambda as a task, the macros that options begin with; without a warning.
#include <stepwell/activity.h>
#include <stepwell/asl.h>
#include <stepwell/engine.h>
#include <stepwell/jsonata.h>
#include <stepwell/maintenance.h>
#include <stepwell/metrics.h>
#include <stepwell/partition.h>
#include <stepwell/server.h>
#include <stepwell/test_state.h>
#include <stepwell/versions.h>

#include <cstdio>
#include <memory>
#include <string>

static const std::string definition = R"({"StartAt": "Greet", "States": {
	"Greet": {"Type": "Task", "Resource": "function:greet", "End": true}}})";

// Tries the state before the machine is made.
static bool try_state()
{
	sw_error err = {};
	char *text = nullptr;
	sw_findings *findings = nullptr;
	sw_test_state_params params = SW_TEST_STATE_PARAMS;
	params.definition = definition.c_str();
	params.definition_len = definition.size();
	params.state_name = "Greet";
	params.mocked = true;
	params.mock_result = "7";
	params.mock_result_len = 1;
	const bool good = sw_test_state(&params, &text, &findings, &err) == SW_OK;
	std::printf("%s\n", good ? text : err.text);
	sw_findings_free(findings);
	sw_text_free(text);
	return good;
}

static bool start(sw_engine *engine, sw_error *err)
{
	const auto told = [](void *, sw_result result, const sw_reply *, const sw_error *why) {
		if (result != SW_OK)
			std::printf("%s\n", why->text);
	};
	const auto greet = [](void *, sw_task *task) { (void)sw_task_succeed(task, "\"hello\"", 7); };
	sw_machine_params machine = {};
	machine.name = "greeting";
	machine.definition = definition.c_str();
	machine.definition_len = definition.size();
	sw_start_params execution = {};
	execution.machine = "greeting";
	return sw_engine_on_task(engine, "function:greet", greet, nullptr, nullptr, err) == SW_OK &&
	       sw_engine_resume(engine, SW_RESUME_ALL, err) == SW_OK &&
	       sw_engine_create_machine(engine, &machine, told, nullptr, nullptr, err) == SW_OK &&
	       sw_engine_start(engine, &execution, told, nullptr, err) == SW_OK;
}

int main()
{
	sw_error err = {};
	sw_poll_loop *raw_loop = nullptr;
	if (!try_state() || sw_poll_loop_new(&raw_loop, &err) != SW_OK)
		return 1;
	const std::unique_ptr<sw_poll_loop, decltype(&sw_poll_loop_free)> loop(raw_loop, sw_poll_loop_free);
	sw_engine_options options = SW_ENGINE_OPTIONS;
	options.loop = sw_poll_loop_hooks(loop.get());
	sw_engine *raw_engine = nullptr;
	if (sw_engine_new(&options, &raw_engine, &err) != SW_OK)
		return 1;
	const std::unique_ptr<sw_engine, decltype(&sw_engine_free)> engine(raw_engine, sw_engine_free);
	sw_server_options address = SW_SERVER_OPTIONS;
	address.loop = options.loop;
	address.listen = "nowhere";
	std::printf("%s\n", sw_result_text(sw_server_check(&address, &err)));
	err = {};
	if (!start(engine.get(), &err)) {
		std::printf("%s\n", err.text);
		return 1;
	}
	while (!sw_engine_is_idle(engine.get()) && sw_poll_loop_run(loop.get(), 100, &err) == SW_OK)
		;
	struct sw_engine_stats stats = {}; // the function has the same name
	sw_engine_stats(engine.get(), &stats);
	std::printf("%llu succeeded\n", static_cast<unsigned long long>(stats.succeeded));
	return 0;
}
