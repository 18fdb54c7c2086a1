# SecondsPath, over a crash
--- definition
{"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "SecondsPath": "$.n", "End": true}}}
--- input
{"n": 7}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 WaitStateEntered
[ 6999] > crash 6999
[ 7000] > advance 7000
3<-2 WaitStateExited
4<-3 ExecutionSucceeded
<finish>
= SUCCEEDED {"n": 7}
