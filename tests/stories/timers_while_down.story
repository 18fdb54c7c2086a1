# timers that fell due while nobody was there fire in the order of their moments
--- definition
{"StartAt": "Each", "States": {"Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Nap", "States": {
  "Nap": {"Type": "Wait", "SecondsPath": "$", "Next": "Call"}, "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}, "End": true}}}
--- input
[30, 10, 20, 10]
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 MapStateEntered
3<-2 MapStateStarted
4<-3 MapIterationStarted
5<-3 MapIterationStarted
6<-3 MapIterationStarted
7<-3 MapIterationStarted
8<-4 WaitStateEntered
9<-5 WaitStateEntered
10<-6 WaitStateEntered
11<-7 WaitStateEntered
[25000] > crash 25000
12<-9 WaitStateExited
13<-12 TaskStateEntered
14<-13 LambdaFunctionScheduled
15<-14 LambdaFunctionStarted
16<-11 WaitStateExited
17<-16 TaskStateEntered
18<-17 LambdaFunctionScheduled
19<-18 LambdaFunctionStarted
20<-10 WaitStateExited
21<-20 TaskStateEntered
22<-21 LambdaFunctionScheduled
23<-22 LambdaFunctionStarted
<dispatch 2 1>
<dispatch 4 1>
<dispatch 3 1>
[25000] > succeed 2 1 10
24<-15 LambdaFunctionSucceeded
25<-24 TaskStateExited
26<-25 MapIterationSucceeded
[30000] > crash 30000
27<-8 WaitStateExited
28<-27 TaskStateEntered
29<-28 LambdaFunctionScheduled
30<-29 LambdaFunctionStarted
<redeliver 3 1>
<redeliver 4 1>
<dispatch 1 1>
[30000] > succeed 3 1 20
31<-23 LambdaFunctionSucceeded
32<-31 TaskStateExited
33<-32 MapIterationSucceeded
[30000] > succeed 1 1 30
34<-30 LambdaFunctionSucceeded
35<-34 TaskStateExited
36<-35 MapIterationSucceeded
[30000] > succeed 4 1 10
37<-19 LambdaFunctionSucceeded
38<-37 TaskStateExited
39<-38 MapIterationSucceeded
40<-39 MapStateSucceeded
41<-39 MapStateExited
42<-41 ExecutionSucceeded
<finish>
= SUCCEEDED [30,10,20,10]
