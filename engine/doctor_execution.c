/* One execution: its head, what the indexes say of it, and its branches. See doctor.h. */
#include "engine/doctor.h"

#include "base/mem.h"
#include "engine/activities.h"

#include <inttypes.h>
#include <string.h>

/* What the tree of branches is checked by; in order of number. */
struct node {
	uint32_t number;
	enum sw_branch_wait wait;
	bool parent;                              /* it may have children */
	uint32_t running, finished, failed;       /* as the branch says */
	uint32_t children_running, children_done; /* as they are */
};

struct tree {
	struct node *nodes;
	uint32_t count, capacity;
	bool broken; /* a branch could not be read */
};

static void tell_branch(const struct sw_patient *patient, enum sw_problem problem, uint32_t number,
			const char *text)
{
	char place[SW_PLACE_BYTES];
	sw_doctor_place(place, SW_TABLE_BRANCHES, patient->head->id, number);
	sw_doctor_tell(patient->doctor, problem, patient->arn, place, "%s", text);
}

static void tell_head(const struct sw_patient *patient, enum sw_problem problem, const char *text)
{
	char place[SW_PLACE_BYTES];
	sw_doctor_place(place, SW_TABLE_EXECUTIONS, patient->head->id, 0);
	sw_doctor_tell(patient->doctor, problem, patient->arn, place, "%s", text);
}

/* ---- timers of one branch, or of the execution -------------------------------------------------- */

static enum sw_result check_due(const struct sw_patient *patient, uint32_t branch, int64_t due_ms)
{
	struct sw_key key;
	char place[SW_PLACE_BYTES], moment[SW_MOMENT_BYTES];
	if (due_ms == SW_NEVER)
		return SW_OK;
	sw_key_timer(&key, due_ms < 1 ? 1 : due_ms, patient->head->id, branch);
	enum sw_result r = sw_doctor_seek(patient->walk, SW_TABLE_TIMERS, &key);
	if (r != SW_ENOENT)
		return r;
	if (branch == SW_NO_BRANCH)
		sw_doctor_place(place, SW_TABLE_EXECUTIONS, patient->head->id, 0);
	else
		sw_doctor_place(place, SW_TABLE_BRANCHES, patient->head->id, branch);
	sw_doctor_tell(patient->doctor, SW_PROBLEM_MISSING_TIMER, patient->arn, place,
		       "%s is due at %s, and has no timer", branch == SW_NO_BRANCH ? "the timeout" : "it",
		       sw_doctor_moment(due_ms, moment));
	return SW_OK;
}

static enum sw_result check_mark(const struct sw_patient *patient, const struct sw_branch *branch)
{
	struct sw_key key;
	bool ready = branch->wait == SW_BRANCH_READY;
	if (!ready && (branch->wait != SW_BRANCH_TASK || !branch->dispatchable))
		return SW_OK;
	if (branch->in_queue)
		sw_activities_key(&key, &branch->stored_place, patient->head->id, branch->number);
	else
		sw_key_timer(&key, 0, patient->head->id, branch->number);
	enum sw_result r =
		sw_doctor_seek(patient->walk, branch->in_queue ? SW_TABLE_QUEUES : SW_TABLE_TIMERS, &key);
	if (r != SW_ENOENT)
		return r;
	if (branch->in_queue) {
		tell_branch(patient, SW_PROBLEM_MISSING_MARK, branch->number,
			    "its task waits for a worker, and is not in the queue of its activity");
		return SW_OK;
	}
	tell_branch(patient, SW_PROBLEM_MISSING_MARK, branch->number,
		    ready ? "it is ready to go on, and not marked as such"
			  : "its task is in flight, and not marked as such");
	return SW_OK;
}

/* ---- one branch -------------------------------------------------------------------------------- */

/* What is impossible though each field is possible; NULL: nothing. */
static const char *impossible(const struct sw_head *head, const struct sw_branch *branch)
{
	if (branch->number >= head->next_branch)
		return "the head does not know of it";
	if (branch->entered_id >= head->next_event_id || branch->previous_id >= head->next_event_id ||
	    branch->approached_id >= head->next_event_id)
		return "it follows an event that is not in the history";
	return sw_branch_impossible(branch);
}

/* A worker took the activity task: its token is waited for. */
static bool has_worker(const struct sw_branch *branch)
{
	return branch->started && branch->state->type == SW_STATE_TASK &&
	       branch->state->as.task.kind == SW_RESOURCE_ACTIVITY;
}

/* Whatever it waits for, is there something that will come? NULL: yes. */
static const char *in_vain(const struct sw_head *head, const struct sw_branch *branch)
{
	if (head->status != SW_STATUS_RUNNING)
		return branch->wait == SW_BRANCH_HELD || branch->wait == SW_BRANCH_DONE
			       ? NULL
			       : "the execution has ended, and it is not held";
	switch (branch->wait) {
	case SW_BRANCH_TIMER:
	case SW_BRANCH_RETRY:
		return branch->due_ms == SW_NEVER ? "it waits for a moment that never comes" : NULL;
	case SW_BRANCH_TASK:
		return branch->dispatchable || branch->submitted || branch->due_ms != SW_NEVER ||
				       has_worker(branch)
			       ? NULL
			       : "it waits for a task that nobody has";
	case SW_BRANCH_DONE:
		return branch->parent == SW_NO_BRANCH ? "the root is done, and the execution runs" : NULL;
	case SW_BRANCH_HELD:
		return "it is held, and the execution runs";
	default:
		return NULL; /* READY goes on; children are counted */
	}
}

static struct node *find_node(const struct tree *tree, uint32_t number)
{
	uint32_t low = 0, high = tree->count;
	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		if (tree->nodes[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low < tree->count && tree->nodes[low].number == number ? &tree->nodes[low] : NULL;
}

/* Parents have smaller numbers: they were met before. */
static enum sw_result add_node(const struct sw_patient *patient, struct tree *tree,
			       const struct sw_branch *branch)
{
	struct node *parent = branch->parent == SW_NO_BRANCH ? NULL : find_node(tree, branch->parent);
	bool root = branch->number == 0;
	if (root != (branch->parent == SW_NO_BRANCH))
		tell_branch(patient, SW_PROBLEM_DAMAGED_BRANCH, branch->number, "it has no parent");
	else if (!root && !tree->broken && (!parent || !parent->parent))
		tell_branch(patient, SW_PROBLEM_DAMAGED_BRANCH, branch->number,
			    parent ? "its parent does not wait for it" : "its parent is missing");
	if (parent) {
		parent->children_running += branch->wait != SW_BRANCH_DONE;
		parent->children_done += branch->wait == SW_BRANCH_DONE;
	}
	if (tree->count == tree->capacity) {
		uint32_t capacity = tree->capacity ? tree->capacity * 2 : 16;
		struct node *nodes = sw_realloc_array(tree->nodes, capacity, sizeof(*nodes));
		if (!nodes)
			return SW_ENOMEM;
		tree->nodes = nodes;
		tree->capacity = capacity;
	}
	tree->nodes[tree->count++] = (struct node){.number = branch->number,
						   .wait = branch->wait,
						   .parent = sw_branch_may_have_children(branch),
						   .running = branch->running,
						   .finished = branch->finished,
						   .failed = branch->failed};
	return SW_OK;
}

static enum sw_result check_branch(const struct sw_patient *patient, const struct sw_machine *machine,
				   struct tree *tree, uint32_t number, struct sw_slice bytes)
{
	struct sw_branch *branch = NULL;
	struct sw_error error = {0};
	char place[SW_PLACE_BYTES];
	sw_doctor_place(place, SW_TABLE_BRANCHES, patient->head->id, number);
	enum sw_result r = sw_branch_decode(bytes, machine, &patient->walk->view.loader, &branch, &error);
	sw_value_loader_done(&patient->walk->view.loader);
	if (r < 0) {
		tree->broken = true;
		return sw_doctor_failed(patient->doctor, r, SW_PROBLEM_DAMAGED_BRANCH, patient->arn, place,
					&error);
	}
	const char *wrong = branch->number != number ? "its number is not that of its key"
						     : impossible(patient->head, branch);
	const char *vain = wrong ? NULL : in_vain(patient->head, branch);
	if (wrong)
		tell_branch(patient, SW_PROBLEM_DAMAGED_BRANCH, number, wrong);
	if (vain)
		tell_branch(patient, SW_PROBLEM_WAITS_FOR_NOTHING, number, vain);
	branch->number = number;
	r = check_due(patient, number, branch->due_ms);
	if (r == SW_OK)
		r = check_mark(patient, branch);
	if (r == SW_OK)
		r = add_node(patient, tree, branch);
	sw_branch_free(branch);
	return r;
}

/* ---- the tree ---------------------------------------------------------------------------------- */

static void check_children(const struct sw_patient *patient, const struct node *node)
{
	if (!node->parent)
		return;
	if (node->wait == SW_BRANCH_CHILDREN && node->children_running == 0)
		tell_branch(patient, SW_PROBLEM_WAITS_FOR_NOTHING, node->number,
			    "it waits for children, and none of them runs");
	else if (node->running != node->children_running || node->children_done > node->finished ||
		 (uint64_t)node->children_done + node->failed < node->finished)
		tell_branch(patient, SW_PROBLEM_DAMAGED_BRANCH, node->number,
			    "it counts other children than there are");
}

static void check_tree(const struct sw_patient *patient, const struct tree *tree)
{
	if (tree->broken)
		return;
	if (tree->count == 0)
		tell_head(patient, SW_PROBLEM_WAITS_FOR_NOTHING,
			  patient->head->redrivable ? "it can be redriven, and has no branch"
						    : "it is RUNNING, and has no branch");
	else if (tree->nodes[0].number != 0)
		tell_head(patient, SW_PROBLEM_DAMAGED_BRANCH, "its root branch is missing");
	for (uint32_t i = 0; i < tree->count; i++)
		check_children(patient, &tree->nodes[i]);
}

/* The branches in the table; without a machine (it cannot be read, or they are not to be there) they are only
 * counted. */
static enum sw_result scan_branches(const struct sw_patient *patient, const struct sw_machine *machine,
				    struct tree *tree, uint32_t *ret_unread)
{
	struct sw_key prefix;
	struct sw_scan *scan = NULL;
	struct sw_slice key, bytes;
	sw_key_execution(&prefix, patient->head->id);
	enum sw_result r = sw_scan_new(patient->walk->view.snapshot, SW_TABLE_BRANCHES, sw_key_slice(&prefix),
				       false, &scan);
	*ret_unread = 0;
	while (r == SW_OK && (r = sw_scan_next(scan, &key, &bytes)) == SW_OK) {
		if (key.len < prefix.len || memcmp(key.data, prefix.bytes, prefix.len) != 0)
			break;
		if (key.len != prefix.len + sizeof(uint32_t))
			continue; /* told when its own table is walked */
		struct sw_cursor number =
			sw_cursor(sw_slice((const char *)key.data + prefix.len, sizeof(uint32_t)));
		patient->walk->work++;
		if (machine)
			r = check_branch(patient, machine, tree, sw_cursor_be32(&number), bytes);
		else
			++*ret_unread;
	}
	sw_scan_free(scan);
	return r == SW_ENOENT ? SW_OK : r;
}

static enum sw_result check_branches(const struct sw_patient *patient, const struct sw_machine *machine)
{
	struct tree tree = {0};
	uint32_t unread;
	bool runs = patient->head->status == SW_STATUS_RUNNING;
	bool kept = runs || patient->head->redrivable;
	enum sw_result r = scan_branches(patient, kept ? machine : NULL, &tree, &unread);
	if (r == SW_OK && kept && machine)
		check_tree(patient, &tree);
	if (r == SW_OK && !kept && unread > 0)
		tell_head(patient, SW_PROBLEM_ORPHAN, "it has ended, and branches of it are still there");
	sw_free(tree.nodes);
	return r;
}

/* ---- the head ---------------------------------------------------------------------------------- */

static enum sw_result check_listing(const struct sw_patient *patient)
{
	struct sw_key key;
	sw_key_listing(&key, patient->head->machine_number, patient->head->id);
	enum sw_result r = sw_doctor_seek(patient->walk, SW_TABLE_LISTING, &key);
	if (r == SW_ENOENT) {
		tell_head(patient, SW_PROBLEM_MISSING_LISTING, "it is not in the list of its state machine");
		r = SW_OK;
	}
	return r;
}

static enum sw_result check_ended(const struct sw_patient *patient)
{
	bool missing;
	enum sw_result r = sw_doctor_ended_head(patient->walk, patient->head, &missing);
	if (r == SW_OK && missing)
		tell_head(patient, SW_PROBLEM_MISSING_ENDED,
			  "it has ended, and is not among those that have");
	return r;
}

/* A name that the engine made carries the id, and is in no index. */
static enum sw_result check_name(const struct sw_patient *patient)
{
	const struct sw_head *head = patient->head;
	struct sw_key key;
	struct sw_slice bytes;
	uint64_t id;
	if (sw_id_from_name(head->name, &id) && id == head->id)
		return SW_OK;
	enum sw_result r = sw_key_name(&key, NULL, head->machine_name, head->name);
	if (r == SW_OK)
		r = sw_snapshot_get(patient->walk->view.snapshot, SW_TABLE_NAMES, sw_key_slice(&key), &bytes);
	if (r == SW_ENOENT) {
		tell_head(patient, SW_PROBLEM_MISSING_NAME, "its name is not in the index of names");
		return SW_OK;
	}
	if (r < 0)
		return r;
	struct sw_cursor cursor = sw_cursor(bytes);
	id = sw_cursor_be64(&cursor);
	if (cursor.failed || cursor.at != cursor.end || id != head->id)
		tell_head(patient, SW_PROBLEM_MISSING_NAME,
			  "the index of names knows another execution of its name");
	return SW_OK;
}

/* *ret_machine is NULL when it cannot be read: told. */
static enum sw_result check_machine(const struct sw_patient *patient, const struct sw_machine **ret_machine)
{
	const struct sw_head *head = patient->head;
	const struct sw_revision *revision = NULL;
	struct sw_error error = {0};
	char place[SW_PLACE_BYTES];
	*ret_machine = NULL;
	enum sw_result r = sw_revisions_get(&patient->doctor->revisions, &patient->walk->view,
					    head->machine_name, head->machine_revision, &revision, &error);
	sw_doctor_place(place, SW_TABLE_EXECUTIONS, head->id, 0);
	if (r == SW_ENOENT)
		sw_doctor_tell(patient->doctor, SW_PROBLEM_MISSING_MACHINE, patient->arn, place,
			       "revision %" PRIu32 " of its state machine is missing",
			       head->machine_revision);
	else if (r < 0 && head->status == SW_STATUS_RUNNING)
		return sw_doctor_failed(patient->doctor, r, SW_PROBLEM_DAMAGED_MACHINE, patient->arn, place,
					&error);
	if (r < 0) /* told of the machine itself, or nothing that this is about */
		return r == SW_ENOMEM || r == SW_EIO ? r : SW_OK;
	if (revision->number != head->machine_number)
		sw_doctor_tell(patient->doctor, SW_PROBLEM_DAMAGED_HEAD, patient->arn, place,
			       "it belongs to state machine %" PRIu32 ", and its revision to %" PRIu32,
			       head->machine_number, revision->number);
	*ret_machine = revision->machine;
	return SW_OK;
}

static void check_fields(const struct sw_patient *patient)
{
	const struct sw_head *head = patient->head;
	bool runs = head->status == SW_STATUS_RUNNING;
	if (head->next_event_id == 0)
		tell_head(patient, SW_PROBLEM_DAMAGED_HEAD, "it has no events");
	if (runs && head->stop_ms != 0)
		tell_head(patient, SW_PROBLEM_DAMAGED_HEAD, "it is RUNNING, and was stopped");
	if (!runs && head->stop_ms == 0)
		tell_head(patient, SW_PROBLEM_DAMAGED_HEAD, "it has ended, and was never stopped");
	if ((head->status == SW_STATUS_SUCCEEDED) != (head->output != NULL))
		tell_head(patient, SW_PROBLEM_DAMAGED_HEAD,
			  head->output ? "it has an output, and has not succeeded"
				       : "it has succeeded, and has no output");
	if (!head->input)
		tell_head(patient, SW_PROBLEM_DAMAGED_HEAD, "it has no input");
}

static enum sw_result check_patient(const struct sw_patient *patient)
{
	const struct sw_machine *machine;
	check_fields(patient);
	if (patient->head->express) /* its start is all there is */
		return check_machine(patient, &machine);
	enum sw_result r = check_listing(patient);
	if (r == SW_OK)
		r = check_name(patient);
	if (r == SW_OK)
		r = check_ended(patient);
	if (r == SW_OK)
		r = check_due(patient, SW_NO_BRANCH, patient->head->timeout_due_ms);
	if (r == SW_OK)
		r = check_machine(patient, &machine);
	if (r == SW_OK)
		r = check_branches(patient, machine);
	return r == SW_OK ? sw_doctor_history(patient) : r;
}

enum sw_result sw_doctor_execution(struct sw_walk *walk, struct sw_slice key, struct sw_slice value)
{
	struct sw_doctor *doctor = walk->user;
	struct sw_cursor cursor = sw_cursor(key);
	uint64_t id = sw_cursor_be64(&cursor);
	struct sw_head head = {0};
	struct sw_error error = {0};
	char place[SW_PLACE_BYTES], arn[SW_ARN_TEXT_BYTES] = "";
	sw_doctor_place(place, SW_TABLE_EXECUTIONS, id, 0);
	doctor->summary.executions++;
	if (cursor.failed || cursor.at != cursor.end) {
		sw_doctor_tell(doctor, SW_PROBLEM_DAMAGED_RECORD, NULL, place, "its key has %zu bytes",
			       key.len);
		return SW_OK;
	}
	sw_value_loader_done(&walk->view.loader);
	walk->view.loader.execution_id = id;
	enum sw_result r = sw_head_decode(value, id, &walk->view.loader, true, &head, &error);
	if (r < 0)
		return sw_doctor_failed(doctor, r, SW_PROBLEM_DAMAGED_HEAD, NULL, place, &error);
	if (sw_arn_execution(arn, sizeof(arn), walk->reader->region, walk->reader->account, head.machine_name,
			     head.name) < 0) {
		arn[0] = '\0';
		sw_doctor_tell(doctor, SW_PROBLEM_DAMAGED_HEAD, NULL, place, "its names are too long");
	}
	const struct sw_patient patient = {doctor, walk, &head, arn};
	r = check_patient(&patient);
	sw_value_loader_done(&walk->view.loader);
	sw_head_done(&head);
	return r;
}
