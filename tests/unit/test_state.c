#include "tests/unit/unit.h"

#include "store/state.h"

#define STEP_STATES (STEP_VOID + 1)
#define STEP_EVENTS (STEP_IS_RENEWED + 1)
#define RUN_STATES  (RUN_CANCELLED + 1)
#define RUN_EVENTS  (RUN_IS_RENEWED + 1)

/* The whole table: one row a state, one column an event; "-" is refused. */
static const char *const step_truth[STEP_STATES][STEP_EVENTS] = {
	/* finishes, is reused, fails, is skipped, is intended, opens, is laid
	 * to sleep, is declined, its run ends, is tried again, is made
	 * anew */
	[STEP_WAITING] = { "done", "reused", "failed", "skipped", "started",
	                   "in review", "sleeping", "declined", "void", "-",
	                   "-" },
	[STEP_STARTED] = { "done", "-", "failed", "-", "-", "-", "sleeping",
	                   "-", "-", "-", "-" },
	[STEP_IN_REVIEW] = { "done", "-", "-", "-", "-", "-", "-", "declined",
	                     "void", "-", "waiting" },
	[STEP_SLEEPING] = { "done", "reused", "failed", "skipped", "started",
	                    "-", "sleeping", "-", "void", "-", "-" },
	[STEP_DONE] = { "-", "-", "-", "-", "-", "-", "-", "declined", "-", "-",
	                "waiting" },
	[STEP_REUSED] = { "-", "-", "-", "-", "-", "-", "-", "declined", "-",
	                  "-", "waiting" },
	[STEP_FAILED] = { "-", "-", "-", "-", "-", "-", "-", "-", "-",
	                  "waiting", "waiting" },
	[STEP_SKIPPED] = { "-", "-", "-", "-", "-", "-", "-", "-", "-",
	                   "waiting", "waiting" },
	[STEP_DECLINED] = { "-", "-", "-", "-", "-", "-", "-", "-", "-", "-",
	                    "-" },
	[STEP_VOID] = { "-", "-", "-", "-", "-", "-", "-", "-", "-", "waiting",
	                "waiting" },
};

static const char *const run_truth[RUN_STATES][RUN_EVENTS] = {
	/* opens a gate, gate decided, is done, fails, is rejected, is
	 * cancelled, is tried again, goes on with another text */
	[RUN_OPEN] = { "waiting", "-", "done", "failed", "rejected",
	               "cancelled", "-", "open" },
	[RUN_WAITING] = { "waiting", "open", "-", "failed", "rejected",
	                  "cancelled", "-", "open" },
	[RUN_DONE] = { "-", "-", "-", "-", "-", "-", "-", "-" },
	[RUN_FAILED] = { "-", "-", "-", "-", "-", "-", "open", "open" },
	[RUN_REJECTED] = { "-", "-", "-", "-", "-", "-", "-", "-" },
	[RUN_CANCELLED] = { "-", "-", "-", "-", "-", "-", "-", "-" },
};

static void test_state__steps_move_as_the_table_says(void **state)
{
	UNUSED_STATE(state);
	for (int from = 0; from < STEP_STATES; from++)
		for (int event = 0; event < STEP_EVENTS; event++) {
			enum step_state next = (enum step_state)from;
			bool legal = step_next((enum step_state)from,
			                       (enum step_event)event, &next);
			size_t row = (size_t)(from * 100 + event);

			assert_row_text(row,
			                legal ? step_state_name(next) : "-",
			                step_truth[from][event]);
			/* A refusal leaves the result as it was. */
			assert_row(row, legal || next == (enum step_state)from);
		}
}

static void test_state__runs_move_as_the_table_says(void **state)
{
	UNUSED_STATE(state);
	for (int from = 0; from < RUN_STATES; from++)
		for (int event = 0; event < RUN_EVENTS; event++) {
			enum run_state next = (enum run_state)from;
			bool legal = run_next((enum run_state)from,
			                      (enum run_event)event, &next);
			size_t row = (size_t)(from * 100 + event);

			assert_row_text(row, legal ? run_state_name(next) : "-",
			                run_truth[from][event]);
			assert_row(row, legal || next == (enum run_state)from);
		}
}

static void test_state__names_are_read_back(void **state)
{
	enum step_state step = STEP_WAITING;
	enum run_state run = RUN_OPEN;

	UNUSED_STATE(state);
	for (int i = STEP_STATES - 1; i >= 0; i--) {
		assert_true(step_state_from_name(
		        step_state_name((enum step_state)i), &step));
		assert_int_equal(step, i);
	}
	for (int i = RUN_STATES - 1; i >= 0; i--) {
		assert_true(run_state_from_name(
		        run_state_name((enum run_state)i), &run));
		assert_int_equal(run, i);
	}
	assert_false(step_state_from_name("Done", &step));
	assert_false(step_state_from_name("", &step));
	assert_false(run_state_from_name("reused", &run));
}

/* What is settled may only be taken back by the owner: by a merge, or to be
 * tried again. */
static void test_state__predicates_agree_with_the_tables(void **state)
{
	static const struct {
		bool settled;
		bool output;
	} steps[STEP_STATES] = {
		[STEP_DONE] = { true, true },
		[STEP_REUSED] = { true, true },
		[STEP_FAILED] = { true, false },
		[STEP_SKIPPED] = { true, false },
		[STEP_DECLINED] = { true, false },
		[STEP_VOID] = { true, false },
	};

	UNUSED_STATE(state);
	for (int i = 0; i < STEP_STATES; i++) {
		enum step_state at = (enum step_state)i;

		assert_row(i, step_is_settled(at) == steps[i].settled);
		assert_row(i, step_has_output(at) == steps[i].output);
	}
	for (int i = 0; i < RUN_STATES; i++)
		assert_row(i,
		           run_is_over((enum run_state)i) == (i >= RUN_DONE));
}
