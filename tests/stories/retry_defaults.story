# a retrier without more than ErrorEquals: three retries, after 1, 2 and 4 seconds. What is left of an interval is waited
# for after a crash; how often was tried is not forgotten
--- definition
{"StartAt": "Call", "States": {"Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "Retry": [{"ErrorEquals": ["Busy"]}], "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 TaskStateEntered
3<-2 LambdaFunctionScheduled
4<-3 LambdaFunctionStarted
<dispatch 0 1>
[    0] > fail 0 1 Busy 1
5<-4 LambdaFunctionFailed
[  500] > crash 500
[  999] > advance 999
[ 1000] > advance 1000
6<-5 LambdaFunctionScheduled
7<-6 LambdaFunctionStarted
<dispatch 0 2>
[ 1000] > fail 0 2 Busy 2
8<-7 LambdaFunctionFailed
[ 3000] > advance 3000
9<-8 LambdaFunctionScheduled
10<-9 LambdaFunctionStarted
<dispatch 0 3>
[ 3000] > crash
<redeliver 0 3>
[ 3000] > fail 0 3 Busy 3
11<-10 LambdaFunctionFailed
[ 6999] > restart 6999
[ 7000] > advance 7000
12<-11 LambdaFunctionScheduled
13<-12 LambdaFunctionStarted
<dispatch 0 4>
[ 7000] > fail 0 4 Busy 4
14<-13 LambdaFunctionFailed
15<-14 ExecutionFailed
<finish>
= FAILED Busy: 4
