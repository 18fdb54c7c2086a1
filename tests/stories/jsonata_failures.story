# an expression fails: an event of its own, once for each attempt; then the catcher sees $states.errorOutput
--- definition
{"QueryLanguage": "JSONata", "StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Arguments": {"n": "{% $states.input.n %}"},
    "Output": {"list": ["{% $states.result.x %}", {"deep": "{% $states.result.missing %}"}]},
    "Retry": [{"ErrorEquals": ["States.QueryEvaluationError"], "IntervalSeconds": 2, "MaxAttempts": 1}],
    "Catch": [{"ErrorEquals": ["States.ALL"], "Assign": {"why": "{% $states.errorOutput.Error %}"}, "Output": "{% $states.errorOutput.Cause %}", "Next": "Say"}],
    "End": true},
  "Say": {"Type": "Pass", "Output": {"why": "{% $why %}", "cause": "{% $states.input %}"}, "End": true}}}
--- input
{"n": 1}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[    0] > succeed 0 1 {"x":7}
5<-4 LambdaFunctionSucceeded
6<-5 EvaluationFailed
[ 2000] > advance 2000
7<-6 LambdaFunctionScheduled
8<-7 LambdaFunctionStarted
<dispatch 0 2>
[ 2000] > succeed 0 2 {"x":7}
9<-8 LambdaFunctionSucceeded
10<-9 EvaluationFailed
11<-10 TaskStateExited
12<-11 PassStateEntered
13<-12 PassStateExited
14<-13 ExecutionSucceeded
<finish>
= SUCCEEDED {"why":"States.QueryEvaluationError","cause":"An error occurred while executing the state 'Call' (entered at the event id #2). The JSONata expression '$states.result.missing' specified for the field 'Output/list[1]/deep' returned nothing (undefined)."}
