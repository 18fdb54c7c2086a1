/*
 * The one list of actions: name on the wire, name of the handler (sw_call_...) and of its shape
 * (sw_shape_...), and whether it needs the owner of the data directory (else it only reads what is
 * committed). Private to server/.
 */
#ifndef SW_SERVER_API_LIST_H
#define SW_SERVER_API_LIST_H

#define SW_ACTIONS(X)                                                     \
	X("CreateStateMachine", create_machine, true)                     \
	X("UpdateStateMachine", update_machine, true)                     \
	X("DeleteStateMachine", delete_machine, true)                     \
	X("DescribeStateMachine", describe_machine, false)                \
	X("DescribeStateMachineForExecution", describe_machine_of, false) \
	X("ListStateMachines", list_machines, false)                      \
	X("ValidateStateMachineDefinition", validate_definition, false)   \
	X("TestState", test_state, false)                                 \
	X("PublishStateMachineVersion", publish_version, true)            \
	X("DeleteStateMachineVersion", delete_version, true)              \
	X("ListStateMachineVersions", list_versions, false)               \
	X("CreateStateMachineAlias", create_alias, true)                  \
	X("UpdateStateMachineAlias", update_alias, true)                  \
	X("DeleteStateMachineAlias", delete_alias, true)                  \
	X("DescribeStateMachineAlias", describe_alias, false)             \
	X("ListStateMachineAliases", list_aliases, false)                 \
	X("TagResource", tag_resource, true)                              \
	X("UntagResource", untag_resource, true)                          \
	X("ListTagsForResource", list_tags, false)                        \
	X("StartExecution", start_execution, true)                        \
	X("StartSyncExecution", start_sync_execution, true)               \
	X("StopExecution", stop_execution, true)                          \
	X("RedriveExecution", redrive_execution, true)                    \
	X("DescribeExecution", describe_execution, false)                 \
	X("ListExecutions", list_executions, false)                       \
	X("GetExecutionHistory", get_history, false)                      \
	X("DescribeMapRun", describe_map_run, false)                      \
	X("ListMapRuns", list_map_runs, false)                            \
	X("UpdateMapRun", update_map_run, false)                          \
	X("SendTaskSuccess", send_task_success, true)                     \
	X("SendTaskFailure", send_task_failure, true)                     \
	X("SendTaskHeartbeat", send_task_heartbeat, true)                 \
	X("CreateActivity", create_activity, true)                        \
	X("DeleteActivity", delete_activity, true)                        \
	X("DescribeActivity", describe_activity, false)                   \
	X("ListActivities", list_activities, false)                       \
	X("GetActivityTask", get_activity_task, true)                     \
	/* Stepwell's own, for its command; AWS has no such actions */    \
	X("StepwellDeleteExecution", delete_execution, true)              \
	X("StepwellListExecutions", list_all_executions, false)           \
	X("StepwellStatus", status, false)

#endif
