# an execution that ran out of time has all of it again after a redrive
--- definition
{"StartAt": "Nap", "TimeoutSeconds": 30, "States": {"Nap": {"Type": "Wait", "Seconds": 20, "Next": "Call"}, "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 WaitStateEntered
[20000] > advance 20000
3<-2 WaitStateExited
4<-3 TaskStateEntered
5<-4 LambdaFunctionScheduled
6<-5 LambdaFunctionStarted
<dispatch 0 1>
[30000] > advance 30000
7<-0 ExecutionTimedOut
<cancel 0 1>
<finish>
[50000] > crash 50000
[50000] > redrive
8<-7 ExecutionRedriven
9<-8 LambdaFunctionScheduled
10<-9 LambdaFunctionStarted
<dispatch 0 2>
[79999] > crash 79999
<redeliver 0 2>
[80000] > advance 80000
11<-0 ExecutionTimedOut
<cancel 0 2>
<finish>
[80000] > redrive
12<-11 ExecutionRedriven
13<-12 LambdaFunctionScheduled
14<-13 LambdaFunctionStarted
<dispatch 0 3>
[80000] > succeed 0 3 1
15<-14 LambdaFunctionSucceeded
16<-15 TaskStateExited
17<-16 ExecutionSucceeded
<finish>
= SUCCEEDED 1
