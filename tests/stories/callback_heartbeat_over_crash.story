# HeartbeatSeconds of a task that waits for its token, over a crash
--- definition
{"StartAt": "Ask", "States": {
  "Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "HeartbeatSeconds": 60, "Parameters": {"QueueUrl": "q", "MessageBody": {"Token.$": "$$.Task.Token"}}, "End": true}}}
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
[59000] > advance 59000
[59000] > heartbeat 0 1
[118000] > crash 118000
[118000] > heartbeat 0 1
[177999] > crash 177999
[178000] > advance 178000
6<-5 TaskTimedOut
7<-6 ExecutionFailed
<finish>
= FAILED States.Timeout
