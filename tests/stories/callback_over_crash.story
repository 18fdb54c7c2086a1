# a task that waits for its token is not asked for again; the token works after the crash, once
--- definition
{"StartAt": "Ask", "States": {
  "Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"QueueUrl": "q", "MessageBody": {"Token.$": "$$.Task.Token"}}, "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 TaskScheduled
4<-3 TaskStarted
<dispatch 0 1>
[    0] > crash
<redeliver 0 1>
[    0] > submitted 0 1 {"MessageId": "1"}
5<-4 TaskSubmitted
[86400000] > crash 86400000
[86400000] > succeed 0 1 "yes"
6<-5 TaskSucceeded
7<-6 TaskStateExited
8<-7 ExecutionSucceeded
<finish>
[86400000] > succeed 0 1 "once more"
! the task the token belongs to is over
= SUCCEEDED "yes"
