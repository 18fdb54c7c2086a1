# an execution whose time is over when the store is opened has timed out, before anything of it goes on
--- definition
{"StartAt": "Nap", "TimeoutSeconds": 30, "States": {"Nap": {"Type": "Wait", "Seconds": 20, "Next": "Call"}, "Call": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:123456789012:function:f", "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 WaitStateEntered
[35000] > crash 35000
3<-0 ExecutionTimedOut
<finish>
[100000] > advance 100000
= TIMED_OUT
