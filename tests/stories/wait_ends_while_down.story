# a Wait that ended while nobody ran the store ends when it is opened
--- definition
{"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Seconds": 5, "Next": "Again"}, "Again": {"Type": "Wait", "Seconds": 5, "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 WaitStateEntered
[60000] > crash 60000
3<-2 WaitStateExited
4<-3 WaitStateEntered
[64999] > advance 64999
[70000] > restart 70000
5<-4 WaitStateExited
6<-5 ExecutionSucceeded
<finish>
= SUCCEEDED {}
