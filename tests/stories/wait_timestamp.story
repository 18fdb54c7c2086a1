# Timestamp: the moment itself, over a crash; the story begins at 2023-11-14T22:13:20Z
--- definition
{"StartAt": "Nap", "States": {"Nap": {"Type": "Wait", "Timestamp": "2023-11-14T22:14:20Z", "Next": "Past"},
  "Past": {"Type": "Wait", "Timestamp": "2001-01-01T00:00:00Z", "End": true}}}
--- input
{}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 WaitStateEntered
[59999] > crash 59999
[60000] > advance 60000
3<-2 WaitStateExited
4<-3 WaitStateEntered
5<-4 WaitStateExited
6<-5 ExecutionSucceeded
<finish>
= SUCCEEDED {}
