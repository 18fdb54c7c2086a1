# Succeed ends a branch or the execution; it has paths, and in a branch what it gives is the branch's result
--- definition
{"StartAt": "Both", "States": {
  "Both": {"Type": "Parallel", "Branches": [
    {"StartAt": "A", "States": {"A": {"Type": "Succeed", "InputPath": "$.a"}}},
    {"StartAt": "B", "States": {"B": {"Type": "Succeed", "OutputPath": "$.b"}}}], "ResultPath": "$.both", "Next": "Done"},
  "Done": {"Type": "Succeed", "OutputPath": "$.both"}}}
--- input
{"a": 1, "b": [2]}
--- story
[    0] > start
1<-0 ExecutionStarted
2<-0 ParallelStateEntered
3<-2 ParallelStateStarted
4<-3 SucceedStateEntered
5<-3 SucceedStateEntered
6<-4 SucceedStateExited
7<-5 SucceedStateExited
8<-7 ParallelStateSucceeded
9<-7 ParallelStateExited
10<-9 SucceedStateEntered
11<-10 SucceedStateExited
12<-11 ExecutionSucceeded
<finish>
= SUCCEEDED [1,[2]]
