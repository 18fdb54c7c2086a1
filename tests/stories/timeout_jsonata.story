# TimeoutSeconds and HeartbeatSeconds by JSONata (recorded: evaluate_jsonata/base_task_timeout_seconds,
# base_task_heartbeat_seconds), over a crash
--- definition
{"QueryLanguage": "JSONata", "StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TimeoutSeconds": "{% $states.input.n * 2 %}",
  "HeartbeatSeconds": "{% $states.input.n %}", "End": true}}}
--- input
{"n": 5}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[ 4999] > advance 4999
[ 4999] > heartbeat 0 1
[ 9998] > crash 9998
<redeliver 0 1>
[ 9998] > heartbeat 0 1
[10000] > advance 10000
5<-4 LambdaFunctionTimedOut
6<-5 ExecutionFailed
<cancel 0 1>
<finish>
= FAILED States.Timeout
