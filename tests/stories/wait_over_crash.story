# a Wait is timed from the moment it was entered, not from the restart; nor does it end early
--- definition
{"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 5, "Next": "Hi"}, "Hi": {"Type": "Pass", "End": true}}}
--- input
{"name": "Ada"}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 WaitStateEntered
[ 3000] > crash 3000
[ 4999] > advance 4999
[ 5000] > advance 5000
3<-2 WaitStateExited
4<-3 PassStateEntered
5<-4 PassStateExited
6<-5 ExecutionSucceeded
<finish>
= SUCCEEDED {"name": "Ada"}
