# Fail in JSONata (recorded: scenarios/fail_error_jsonata, scenarios/fail_cause_jsonata); its error can be caught
# around it like any other
--- definition
{"QueryLanguage": "JSONata", "StartAt": "Around", "States": {
  "Around": {"Type": "Parallel", "Branches": [{"StartAt": "No", "States": {
      "No": {"Type": "Fail", "Error": "{% 'Order.' & $states.input.why %}", "Cause": "{% $string($states.input.id) %}"}}}],
    "Catch": [{"ErrorEquals": ["Order.Invalid"], "Output": "{% $states.errorOutput %}", "Next": "Caught"}], "Next": "Caught"},
  "Caught": {"Type": "Succeed"}}}
--- input
{"why": "Invalid", "id": 7}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 ParallelStateEntered
3<-2 ParallelStateStarted
4<-3 FailStateEntered
5<-4 ParallelStateFailed
6<-5 ParallelStateExited
7<-6 SucceedStateEntered
8<-7 SucceedStateExited
9<-8 ExecutionSucceeded
<finish>
= SUCCEEDED {"Error":"Order.Invalid","Cause":"7"}
