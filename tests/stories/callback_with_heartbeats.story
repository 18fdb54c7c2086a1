# a task waits for its token; heartbeats keep it alive until one is missed
--- definition
{"StartAt": "Ask", "States": {
  "Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "HeartbeatSeconds": 10,
    "Parameters": {"QueueUrl": "q", "MessageBody": {"Token.$": "$$.Task.Token"}}, "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 TaskScheduled
4<-3 TaskStarted
<dispatch 0 1>
[    0] > submitted 0 1 {"MessageId": "1"}
5<-4 TaskSubmitted
[ 8000] > advance 8000
[ 8000] > heartbeat 0 1
[17999] > advance 17999
[18000] > advance 18000
6<-5 TaskTimedOut
7<-6 ExecutionFailed
<finish>
= FAILED States.Timeout
