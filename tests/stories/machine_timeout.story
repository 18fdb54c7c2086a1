# the TimeoutSeconds of the machine ends everything, a retry that waits included
--- definition
{"StartAt": "Call", "TimeoutSeconds": 5, "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 100}], "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[    0] > fail 0 1 Busy later
5<-4 LambdaFunctionFailed
[10000] > advance 10000
@5000 6<-0 ExecutionTimedOut
<finish>
= TIMED_OUT
