# TimeoutSeconds of a task that waits for its token, from its start on, over a crash; then the token is refused
--- definition
{"StartAt": "Ask", "States": {
  "Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "TimeoutSeconds": 3600, "Parameters": {"QueueUrl": "q", "MessageBody": {"Token.$": "$$.Task.Token"}},
    "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Sorry"}], "End": true},
  "Sorry": {"Type": "Pass", "Result": "nobody answered", "End": true}}}
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
[3599999] > crash 3599999
[3600000] > advance 3600000
6<-5 TaskTimedOut
7<-6 TaskStateExited
8<-7 PassStateEntered
9<-8 PassStateExited
10<-9 ExecutionSucceeded
<finish>
[3600000] > succeed 0 1 "too late"
! the task the token belongs to is over
= SUCCEEDED "nobody answered"
