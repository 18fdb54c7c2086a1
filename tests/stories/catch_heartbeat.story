# a missed heartbeat is told as States.Timeout (recorded: timeouts/heartbeats.heartbeat_timeout), and either name catches
# it; the one of its own first, here
--- definition
{"StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "TimeoutSeconds": 100, "HeartbeatSeconds": 10, "Catch": [
    {"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "Again"}], "End": true},
  "Again": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "HeartbeatSeconds": 10, "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Done"}], "End": true},
  "Done": {"Type": "Pass", "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[ 4000] > crash 4000
<redeliver 0 1>
[10000] > advance 10000
5<-4 LambdaFunctionTimedOut
6<-5 TaskStateExited
7<-6 TaskStateEntered
8<-7 LambdaFunctionScheduled
9<-8 LambdaFunctionStarted
<cancel 0 1>
<dispatch 0 2>
[10000] > crash
<redeliver 0 2>
[20000] > advance 20000
10<-9 LambdaFunctionTimedOut
11<-10 TaskStateExited
12<-11 PassStateEntered
13<-12 PassStateExited
14<-13 ExecutionSucceeded
<cancel 0 2>
<finish>
= SUCCEEDED {"Error":"States.Timeout","Cause":""}
