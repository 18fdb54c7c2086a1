# a callback that is answered with a failure is retried with a new token; the request itself may fail, too; over crashes
--- definition
{"StartAt": "Ask", "States": {
  "Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"MessageBody": {"Token.$": "$$.Task.Token", "n.$": "$$.State.RetryCount"}},
    "Retry": [{"ErrorEquals": ["No"], "MaxAttempts": 2}], "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 TaskScheduled
4<-3 TaskStarted
<dispatch 0 1>
[    0] > submitted 0 1 {}
5<-4 TaskSubmitted
[    0] > crash
[    0] > fail 0 1 No not now
6<-5 TaskFailed
[ 1000] > crash 1000
7<-6 TaskScheduled
8<-7 TaskStarted
<dispatch 0 2>
[ 1000] > fail 0 2 No queue
9<-8 TaskFailed
[ 2999] > crash 2999
[ 3000] > advance 3000
10<-9 TaskScheduled
11<-10 TaskStarted
<dispatch 0 3>
[ 3000] > submitted 0 3 {}
12<-11 TaskSubmitted
[ 3000] > fail 0 1 No again
! the task the token belongs to is over
[ 3000] > succeed 0 3 1
13<-12 TaskSucceeded
14<-13 TaskStateExited
15<-14 ExecutionSucceeded
<finish>
= SUCCEEDED 1
