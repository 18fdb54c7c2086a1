# a retrier is used up, then the catcher takes over; a late answer of the first attempt is refused
--- definition
{"StartAt": "Call", "States": {
  "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 2, "MaxAttempts": 2}],
    "Catch": [{"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.error", "Next": "Sorry"}], "End": true},
  "Sorry": {"Type": "Pass", "End": true}}}
--- input
{"id": 1}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[    0] > fail 0 1 Busy try later
5<-4 LambdaFunctionFailed
[ 2000] > advance 2000
6<-5 LambdaFunctionScheduled
7<-6 LambdaFunctionStarted
<dispatch 0 2>
[ 2000] > succeed 0 1 "too late"
! the task the token belongs to is over
[ 2000] > fail 0 2 Busy try later
8<-7 LambdaFunctionFailed
[ 6000] > advance 6000
9<-8 LambdaFunctionScheduled
10<-9 LambdaFunctionStarted
<dispatch 0 3>
[ 6000] > fail 0 3 Busy try later
11<-10 LambdaFunctionFailed
12<-11 TaskStateExited
13<-12 PassStateEntered
14<-13 PassStateExited
15<-14 ExecutionSucceeded
<finish>
= SUCCEEDED {"id":1,"error":{"Error":"Busy","Cause":"try later"}}
