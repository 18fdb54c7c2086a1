# the token comes back before the request that carries it was answered: the task is done, and who has the request is told;
# its answer is late
--- definition
{"StartAt": "Ask", "States": {
  "Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"MessageBody": {"Token.$": "$$.Task.Token"}}, "Next": "Nap"},
  "Nap": {"Type": "Wait", "Seconds": 1, "End": true}}}
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
[    0] > succeed 0 1 "quick"
5<-4 TaskSucceeded
6<-5 TaskStateExited
7<-6 WaitStateEntered
<cancel 0 1>
[    0] > submitted 0 1 {"MessageId": "1"}
! the task the token belongs to is over
[ 1000] > advance 1000
8<-7 WaitStateExited
9<-8 ExecutionSucceeded
<finish>
= SUCCEEDED "quick"
