"""The state machines of the crash test, and what their executions must come to.

States are named by how far they are: once S2 of an execution has started, no S1 may start again.
"""
REGION = "us-east-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/crash"
ACTIVITY = f"arn:aws:states:{REGION}:activity:work"
CALLBACK = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"


def task(following=None, **more):
    state = {"Type": "Task", "Resource": "command:step", **more}
    return {**state, **({"Next": following} if following else {"End": True})}


def version_of(number):
    """Machine `moving` as it is after update `number`: its executions tell which one they run."""
    return {"StartAt": "S1", "States": {
        "S1": task("Nap", ResultPath=None), "Nap": {"Type": "Wait", "Seconds": 1, "Next": "Tell"},
        "Tell": {"Type": "Pass", "Result": number, "End": True}}}


MACHINES = {
    "chain": {"StartAt": "S1", "States": {
        "S1": task("S2", ResultPath="$.one"), "S2": task("Nap", ResultPath="$.two"),
        "Nap": {"Type": "Wait", "SecondsPath": "$.nap", "Next": "S3"}, "S3": task()}},
    "fan": {"StartAt": "S1", "States": {
        "S1": task("Both"),
        "Both": {"Type": "Parallel", "Next": "S3", "ResultPath": "$.both", "Branches": [
            {"StartAt": "S2", "States": {"S2": task()}},
            {"StartAt": "Wait1", "States": {"Wait1": {"Type": "Wait", "Seconds": 1, "End": True}}}]},
        "S3": task()}},
    "map": {"StartAt": "S1", "States": {
        "S1": task("Each"),
        "Each": {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "ResultPath": "$.mapped", "Next": "S3",
                 "ItemProcessor": {"StartAt": "S2", "States": {"S2": task()}}},
        "S3": task()}},
    # One iteration fails, and is redriven. What had ended well by then is not to run again.
    "redo": {"StartAt": "S1", "States": {
        "S1": task("Both"),
        "Both": {"Type": "Parallel", "Next": "S3", "ResultPath": "$.both", "Branches": [
            {"StartAt": "S2", "States": {"S2": task()}},
            {"StartAt": "Each", "States": {"Each": {
                "Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 2, "End": True,
                "ItemProcessor": {"StartAt": "S2i", "States": {"S2i": task(Parameters={
                    "check.$": "States.Format('item {} redrive {}', $, $$.Execution.RedriveCount)"})}}}}}]},
        "S3": task()}},
    # Fails twice and then not; fails as often as it may and is caught; in JSONata, with a variable and a value with a record of its own.
    "retry": {"QueryLanguage": "JSONata", "StartAt": "S1Flaky", "States": {
        "S1Flaky": task("S2Bad", Assign={"big": "{% $join([1..200].$string($), ',') %}"}, Retry=[
            {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 3, "BackoffRate": 1}]),
        "S2Bad": task("S3", Retry=[
            {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1}], Catch=[{"ErrorEquals": ["States.ALL"], "Next": "S3"}]),
        "S3": task(Output="{% {'n': $states.context.Execution.Input.n, 'big': $big} %}")}},
    # The token is given away; whoever has it completes the task later.
    "call": {"StartAt": "S1", "States": {
        "S1": task("S2Call", ResultPath=None),
        "S2Call": task("S3", Resource=CALLBACK, ResultPath="$.called", Parameters={"token.$": "$$.Task.Token"}),
        "S3": task()}},
    # A worker that is killed with its answer leaves a task that times out and is given to another.
    "work": {"StartAt": "S1", "States": {
        "S1": task("Work", ResultPath=None),
        "Work": task("S3", Resource=ACTIVITY, ResultPath="$.worked", TimeoutSeconds=8, HeartbeatSeconds=4, Retry=[
            {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 1, "MaxAttempts": 1000, "BackoffRate": 1}]),
        "S3": task()}},
    # Waits until it is stopped.
    "nap": {"StartAt": "S1", "States": {
        "S1": task("Nap"), "Nap": {"Type": "Wait", "Seconds": 1000000, "End": True}}},
    "moving": version_of(0),
}
# What is started how often.
WEIGHTS = {"chain": 4, "fan": 4, "map": 4, "redo": 4, "retry": 3, "call": 5, "work": 4, "nap": 3, "moving": 4}

# Of each machine: tasks that succeed and that fail in an execution that ends as it should; None: it depends.
TASKS = {"chain": (3, 0), "fan": (3, 0), "map": (5, 0), "redo": (6, 1), "retry": (2, 5), "call": (3, 0), "work": (2, 0),
         "nap": (None, 0), "moving": (1, 0)}
# Whose tasks come one after the other, and are ended by their commands alone (a token ends one that may just begin).
SEQUENTIAL = {"chain", "retry", "moving", "nap"}
